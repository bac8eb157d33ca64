import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:http2";
import { type TestContext, test } from "node:test";
import { hashPreSharedKey } from "../../../src/handlers/pre-shared-key.js";
import { exchange } from "../../../src/testing/adapter/client.js";
import { route } from "../fixtures.js";
import { startGateway } from "../running.js";
import { runGateway } from "../running-gateway.js";

/** The answer on HTTP/2 to a request with these fields, on a connection of its own. */
async function http2Answer(
  t: TestContext,
  origin: string,
  fields: Record<string, string>,
  isSettled: boolean,
): Promise<Record<string, unknown>> {
  const session = connect(origin, { maxSendHeaderBlockLength: 1_000_000 });
  t.after(() => session.destroy());
  // Limits count from the moment in which the client has confirmed them.
  if (isSettled) await once(session, "remoteSettings");
  const stream = session.request({ ":path": "/", ...fields });
  const [headers] = (await once(stream, "response")) as [Record<string, unknown>];
  stream.resume();
  return headers;
}

for (const isSettled of [true, false]) {
  test(`a header block that is too long is 431 on HTTP/2, ${isSettled ? "after" : "before"} its limit is known`, async (t) => {
    const gateway = await startGateway({ routes: [route({ path: "/" }, { anonymous: true })] });
    t.after(() => gateway.close());
    const ask = async (bytes: number, more: Record<string, string> = {}) => {
      const answer = await http2Answer(t, gateway.http2, { "x-long": "a".repeat(bytes), ...more }, isSettled);
      return [answer[":status"], answer["sallyport-reason"], answer["grpc-status"]];
    };
    assert.deepEqual(await ask(15_000), [200, undefined, undefined]);
    for (const bytes of [16_400, 33_000, 60_000]) {
      assert.deepEqual(await ask(bytes), [431, "headers_too_large", undefined]);
    }
    assert.deepEqual(await ask(17_000, { "content-type": "application/grpc" }), [200, "headers_too_large", "8"]);
    assert.equal(gateway.seen.length, 1);
    assert.equal(gateway.outcomes.filter(({ kind }) => kind === "refused").length, 4);
  });
}

test("a token of 12 KiB is read, and a longer Authorization than the limit is 431, never a call to log in again", async (t) => {
  const key = `k${"Zt8wQe3Lr6Yp1Xc5Vb9Nm2Kj7Hg4Fd0S".repeat(3)}`;
  const handlers = `handlers: { Key: { keys: { robot: { sha256: ${hashPreSharedKey(key)}, roles: [user] } } },`;
  const start = (limits: string) =>
    runGateway(t, undefined, (text) => `${limits}${text.replace("handlers: {", handlers)}`);
  const standard = await start("");
  const short = await start("limits: { maxAuthorizationLength: 256 }\n");
  const long = await start("limits: { maxHeaderBytes: 40000 }\n");
  const ask = async (origin: string, authorization: string) => {
    const { status, headers } = await fetch(origin, { headers: { authorization } });
    return [status, headers.get("sallyport-reason"), headers.get("www-authenticate") !== null];
  };
  const token = (length: number) => `Key ${"x".repeat(length - 4)}`;
  const unknown = [401, "invalid_credentials", true];
  const tooLong = [431, "headers_too_large", false];
  assert.deepEqual(await ask(short.origin, `Key ${key}`), [200, null, false]);
  assert.deepEqual(await ask(short.origin, token(256)), unknown);
  assert.deepEqual(await ask(short.origin, token(257)), tooLong);
  assert.deepEqual(await ask(standard.origin, token(12_288)), unknown);
  assert.deepEqual(await ask(long.origin, token(30_000)), unknown);
  const raw = await exchange(standard.origin, `GET / HTTP/1.1\r\nHost: a\r\nX: ${"a".repeat(17_000)}\r\n\r\n`);
  assert.match(raw, /^HTTP\/1\.1 431 /);
});
