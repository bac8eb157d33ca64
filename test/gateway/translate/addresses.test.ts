import assert from "node:assert/strict";
import { constants, createServer, type ServerHttp2Stream } from "node:http2";
import { test } from "node:test";
import { toEnvelope } from "../../../src/gateway/translate/envelopes.js";
import { listen } from "../../adapters/servers.js";
import { freePort } from "../run/probe/probe-world.js";
import { answer, bodyOf, startTranslation } from "./grpc-upstream.js";

test("a call that is translated goes to the next address with its message, when one is down or refuses it unprocessed", async (t) => {
  let refused = 0;
  const refusing = createServer().on("stream", (stream: ServerHttp2Stream) => {
    refused += 1;
    stream.on("error", () => {}).on("data", () => stream.close(constants.NGHTTP2_REFUSED_STREAM));
  });
  const { origin, close } = await listen(refusing);
  const others = [origin.replace("http:", "h2c:"), `h2c://127.0.0.1:${await freePort()}`];
  const echo = (stream: ServerHttp2Stream): void => void bodyOf(stream).then((body) => answer(stream, body));
  const gateway = await startTranslation(t, echo, { upstream: { others } });
  // After that of the gateway, whose connections it waits for.
  t.after(close);
  const text = Buffer.from("a message");
  for (const [type, body] of [
    ["application/grpc-web+proto", toEnvelope(0, text)],
    ["application/proto", text],
    ["application/connect+proto", toEnvelope(0, text)],
  ] as const) {
    for (let count = 0; count < 3; count += 1) {
      const headers = { "content-type": type, "connect-protocol-version": "1" };
      const response = await fetch(`${gateway.http1}/a.B/C`, { method: "POST", headers, body });
      const got = Buffer.from(await response.arrayBuffer());
      assert.equal(response.status, 200, type);
      assert.deepEqual(got.subarray(0, body.length), Buffer.from(body), type);
    }
  }
  assert.ok(refused > 0);
  assert.deepEqual(gateway.faults, []);
});
