import assert from "node:assert/strict";
import { createServer as createHttp1 } from "node:http";
import { createServer } from "node:http2";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { connectNodeAdapter, createGrpcTransport } from "@connectrpc/connect-node";
import { connectAuth } from "../../../src/adapters/connect.js";
import { AuthClient } from "../../../src/client/auth-client.js";
import { createClosing } from "../../../src/client/bearer/closing.js";
import { systemWait } from "../../../src/client/bearer/delay.js";
import { waitForReady } from "../../../src/client/bearer/wait-for-ready.js";
import { authRoutes } from "../../../src/services/auth/auth-service.js";
import { createEngine, listen } from "../../services/server.js";
import { createWorld } from "../../world.js";

const refused = () =>
  new ConnectError("no", Code.Unavailable, undefined, undefined, Object.assign(new Error(), { code: "ECONNREFUSED" }));
const never = createClosing();

/** Lets promises settle, and turns the clock, until `done`. */
async function turn(advance: (ms: number) => void, done: () => boolean): Promise<number> {
  let turned = 0;
  while (!done()) {
    await new Promise(setImmediate);
    advance(10);
    turned += 10;
    assert.ok(turned < 300_000, "it never ends");
  }
  return turned;
}

test("a failed connection is known by what Node, Bun and Deno say of it, and nothing else is", async () => {
  const url = "http://127.0.0.1:1/";
  const wrapped = (cause: Error) => new ConnectError("fetch failed", Code.Unknown, undefined, undefined, cause);
  const failed = (cause: Error) => wrapped(new TypeError("fetch failed", { cause }));
  const isRepeated = async (error: unknown): Promise<boolean> => {
    let attempts = 0;
    const { platform, advance } = createWorld();
    const call = waitForReady(0, platform.delay, never, async () => {
      attempts += 1;
      if (attempts === 1) throw error;
    }).catch(() => undefined);
    let done = false;
    void call.then(() => {
      done = true;
    });
    await turn(advance, () => done);
    return attempts > 1;
  };
  const deno = (what: string) => new Error(`error sending request for url (${url}): client error (Connect): ${what}`);
  for (const cause of [
    Object.assign(new Error("connect"), { code: "ECONNREFUSED" }),
    Object.assign(new Error("Unable to connect"), { code: "ConnectionRefused" }),
    deno("tcp connect error: Connection refused (os error 111)"),
    deno("dns error: failed to lookup address information: Temporary failure in name resolution"),
  ]) {
    assert.equal(await isRepeated(failed(cause)), true, cause.message);
  }
  // Deno before 2 has the text in the error itself.
  assert.equal(await isRepeated(wrapped(new TypeError(deno("tcp connect error: refused").message))), true);
  for (const cause of [
    deno("dns error: failed to lookup address information: Name or service not known"),
    deno("invalid peer certificate: UnknownIssuer"),
    new Error(`error sending request for url (${url}): connection error: Connection reset by peer (os error 104)`),
  ]) {
    assert.equal(await isRepeated(failed(cause)), false, cause.message);
  }
});

test("a call is made again while nobody listens, in growing pauses, until somebody does", async () => {
  const { platform, advance } = createWorld();
  let attempts = 0;
  let answer: string | undefined;
  void waitForReady(120_000, platform.delay, never, async () => {
    attempts += 1;
    if (attempts < 8) throw refused();
    return "here";
  }).then((value) => {
    answer = value;
  });
  const turned = await turn(advance, () => answer !== undefined);
  assert.equal(attempts, 8);
  // 50 ms × 1.6 each time: 50 + 80 + 128 + … for seven pauses.
  assert.ok(turned >= 2_150 && turned < 2_400, String(turned));
});

test("what the server said, and what was sent, is not tried again", async () => {
  for (const error of [
    new ConnectError("store", Code.Unavailable),
    new ConnectError("no", Code.Unauthenticated),
    new ConnectError("x", Code.Unavailable, undefined, undefined, Object.assign(new Error(), { code: "ECONNRESET" })),
    new TypeError("fetch failed"),
  ]) {
    let attempts = 0;
    const call = waitForReady(120_000, systemWait, never, async () => {
      attempts += 1;
      throw error;
    });
    await assert.rejects(call, error);
    assert.equal(attempts, 1);
  }
});

test("when nobody has listened in time it is DeadlineExceeded, with the last failure as its cause", async () => {
  const { platform, advance } = createWorld();
  let failed: unknown;
  waitForReady(5_000, platform.delay, never, () => Promise.reject(refused())).catch((error: unknown) => {
    failed = error;
  });
  const turned = await turn(advance, () => failed !== undefined);
  assert.ok(turned >= 5_000 && turned <= 5_020, String(turned));
  assert.ok(failed instanceof ConnectError);
  assert.equal(failed.code, Code.DeadlineExceeded);
  assert.equal((failed.cause as ConnectError).code, Code.Unavailable);
});

test("an attempt that hangs ends with the time of all attempts together", async () => {
  const { platform, advance } = createWorld();
  let failed: unknown;
  const hang = ({ signal }: { signal: AbortSignal }) =>
    new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(new Error("cut off"))));
  waitForReady(5_000, platform.delay, never, hang).catch((error: unknown) => {
    failed = error;
  });
  await turn(advance, () => failed !== undefined);
  assert.equal(ConnectError.from(failed).code, Code.DeadlineExceeded);
});

test("close ends the waiting", async () => {
  const { platform, advance } = createWorld();
  const stop = createClosing();
  let failed: unknown;
  waitForReady(0, platform.delay, stop, () => Promise.reject(refused())).catch((error: unknown) => {
    failed = error;
  });
  for (let round = 0; round < 50; round++) {
    await new Promise(setImmediate);
    advance(1_000);
  }
  assert.equal(failed, undefined, "0 is no limit");
  stop.close();
  await turn(advance, () => failed !== undefined);
  assert.equal(ConnectError.from(failed).code, Code.Canceled);
});

async function freePort(): Promise<number> {
  const { origin, close } = await listen(createServer());
  await close();
  return Number(new URL(origin).port);
}

for (const name of ["fetch", "gRPC"] as const) {
  test(`a log-in over ${name} waits for a server that is starting`, async (context) => {
    const { auth } = createEngine();
    const listener = connectAuth(auth, connectNodeAdapter, { routes: authRoutes(auth) });
    const port = await freePort();
    const baseUrl = `http://127.0.0.1:${port}`;
    const client = new AuthClient(
      name === "gRPC" ? { baseUrl, transport: (options) => createGrpcTransport(options) } : { baseUrl },
    );
    const logIn = client.password("ada", "pass:word");
    await new Promise((resolve) => systemWait(150, () => resolve(undefined)));
    const server = name === "gRPC" ? createServer(listener) : createHttp1(listener);
    const { close } = await listen(server, port);
    context.after(async () => {
      await close();
      await auth.close();
    });
    assert.equal((await logIn)?.identity?.subject, "ada");
    await client.close();
  });
}

test("a server that never starts is no wrong password", async () => {
  const client = new AuthClient({ baseUrl: `http://127.0.0.1:${await freePort()}`, rpcTimeoutSeconds: 0.2 });
  await assert.rejects(client.password("ada", "pass:word"), (error) => {
    assert.ok(error instanceof ConnectError);
    assert.equal(error.code, Code.DeadlineExceeded);
    assert.ok(!("authenticationFailed" in error));
    return true;
  });
  await client.close();
});
