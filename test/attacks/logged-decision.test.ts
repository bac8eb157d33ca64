import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { createEngine } from "../services/server.js";

test("a decision that somebody logs shows no token", async () => {
  const { auth } = createEngine();
  const rawHeaders = ["authorization", `Basic ${btoa("bob:hunter2")}`];
  const peer = { address: "", trusted: false };
  const decision = await auth.authenticate({ method: "GET", path: "/", rawHeaders, peer });
  assert.ok(decision.kind === "allowed" && decision.offer?.token.startsWith("sps_"));
  assert.doesNotMatch(inspect(decision, { depth: 20 }) + JSON.stringify(decision), /sps_/);
  await auth.close();
});
