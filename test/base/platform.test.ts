import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { systemPlatform } from "../../src/base/platform.js";

test("a deadline that a standing process missed lets the answer that has come be read first", async (t) => {
  const server = createServer();
  t.after(() => server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  const peer = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [accepted] = (await once(server, "connection")) as [Socket];
  t.after(() => peer.destroy());
  t.after(() => accepted.destroy());
  const outcome = await new Promise<string>((resolve) => {
    // From here Node goes on with timers, and only then looks at sockets.
    setImmediate(() => {
      const cancel = systemPlatform.delay(1, () => resolve("the peer was late"), true);
      accepted.once("data", () => {
        cancel();
        resolve("the peer answered");
      });
      peer.write("here");
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250); // nothing of this process runs
    });
  });
  assert.equal(outcome, "the peer answered");
});

test("a deadline that a standing process missed comes for a peer that is silent", async () => {
  await new Promise<void>((resolve) => {
    systemPlatform.delay(1, resolve, true);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250);
  });
});
