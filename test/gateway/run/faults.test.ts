import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { describe, it } from "node:test";
import { type Auth, createAuth } from "../../../src/engine/auth.js";
import { basic } from "../../../src/handlers/password/basic.js";
import { randomKeys } from "../../../src/keys/key-ring.js";
import type { Identity } from "../../../src/model/identity.js";
import { memory } from "../../../src/stores/memory/memory.js";
import { startGateway } from "../running.js";

/** An engine whose decisions no gateway can use. */
function broken(answer: () => unknown): Auth<Identity> {
  const auth = createAuth({ store: memory(), keys: randomKeys(), handlers: [basic({ verify: () => undefined })] });
  return { ...auth, authenticate: answer as Auth<Identity>["authenticate"] };
}

describe("a fault of the gateway is 500, is told, and leaves the connection alone", () => {
  for (const [when, answer] of [
    ["at once", () => undefined],
    ["after the caller was waited for", async () => undefined],
  ] as const) {
    it(when, async () => {
      const gateway = await startGateway({ auth: broken(answer) });
      try {
        const answers = [await fetch(`${gateway.http1}/x`), await fetch(`${gateway.http1}/y`)];
        const texts = await Promise.all(answers.map((each) => each.text()));
        const session = connectHttp2(gateway.http2);
        const statuses = answers.map(({ status }) => status);
        for (const path of ["/x", "/y"]) {
          const stream = session.request({ ":path": path });
          const [head] = await once(stream, "response");
          statuses.push(head[":status"]);
          await once(stream.resume(), "close");
        }
        session.close();
        assert.deepEqual(statuses, [500, 500, 500, 500]);
        assert.match(texts[0] ?? "", /^\{"code":"internal","message":"internal error"\}\n$/);
        assert.equal(gateway.faults.length, 4);
      } finally {
        await gateway.close();
      }
    });
  }
});
