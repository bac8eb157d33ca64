import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { createEngine } from "../services/server.js";

const peer = { address: "", trusted: false };

test("what a log-in and a ticket come to shows neither token nor ticket to whoever logs it", async () => {
  const { auth } = createEngine();
  const payload = btoa("bob:hunter2");
  const opened = await auth.logIn({ scheme: "basic", payload }, { peer, target: { method: "POST", path: "/" } });
  assert.ok(opened.kind === "opened" && opened.token.startsWith("sps_"));
  const issued = await auth.tickets.issue(opened.caller, { service: "reports" });
  assert.ok(issued.kind === "issued" && issued.ticket.startsWith("spt_"));
  const number = await auth.tickets.issueNumber(opened.caller, { service: "reports" });
  assert.ok(number.kind === "issued" && number.number > 0n);
  const all = { opened, issued, number };
  const shown = inspect(all, { depth: 20 }) + JSON.stringify(all) + JSON.stringify({ ...opened, ...issued });
  assert.doesNotMatch(shown, /sp[st]_/);
  assert.ok(!shown.includes(String(number.number)));
  await auth.close();
});

test("a decision that somebody logs shows no token", async () => {
  const { auth } = createEngine();
  const rawHeaders = ["authorization", `Basic ${btoa("bob:hunter2")}`];
  const decision = await auth.authenticate({ method: "GET", path: "/", rawHeaders, peer });
  assert.ok(decision.kind === "allowed" && decision.offer?.token.startsWith("sps_"));
  assert.doesNotMatch(inspect(decision, { depth: 20 }) + JSON.stringify(decision), /sps_/);
  await auth.close();
});
