import assert from "node:assert/strict";
import { test } from "node:test";
import { createAuth } from "../../src/engine/auth.js";
import { basic } from "../../src/handlers/password/basic.js";
import type { Decision } from "../../src/model/decision.js";
import { memory } from "../../src/stores/memory/memory.js";
import { createWorld } from "../world.js";

test("a theft raises the alarm once, also when the store ends the session and its answer is lost", async () => {
  const { platform, advance } = createWorld();
  const store = memory({ platform });
  const events: string[] = [];
  let losesAnswers = false;
  const auth = createAuth({
    platform,
    store: {
      ...store,
      async swapSession(...call) {
        const answer = await store.swapSession(...call);
        return losesAnswers ? new Promise(() => {}) : answer;
      },
    },
    handlers: [basic({ verify: () => ({ subject: "ada" }) })],
    onEvent: ({ kind }) => kind !== "refused" && events.push(kind),
  });
  const peer = { address: "192.0.2.1", trusted: false };
  const ask = async (authorization: string): Promise<Decision> =>
    auth.authenticate({ method: "GET", path: "/", rawHeaders: ["authorization", authorization], peer });
  const offered = (decision: Decision) => (decision.kind === "allowed" ? (decision.offer?.token ?? "") : "");
  const reason = (decision: Decision) => decision.kind === "denied" && decision.reason;

  const stolen = offered(await ask(`Basic ${Buffer.from("ada:lovelace").toString("base64")}`));
  await ask(`Bearer ${stolen}`);
  advance(301_000);
  const next = offered(await ask(`Bearer ${stolen}`));
  await ask(`Bearer ${next}`);
  advance(120_000);

  losesAnswers = true;
  const late = ask(`Bearer ${stolen}`);
  await new Promise(setImmediate);
  advance(2_000);
  assert.equal(reason(await late), "unavailable");
  assert.deepEqual(events.slice(-2), ["store-failed", "reuse"]);

  assert.equal(reason(await ask(`Bearer ${stolen}`)), "revoked");
  assert.equal(reason(await ask(`Bearer ${next}`)), "revoked");
  assert.equal(events.filter((kind) => kind === "reuse").length, 1);
});
