import assert from "node:assert/strict";
import { test } from "node:test";
import { createAuth } from "../../src/engine/auth.js";
import { basic } from "../../src/handlers/password/basic.js";
import type { Decision, SocketTicket } from "../../src/model/decision.js";
import type { Identity } from "../../src/model/identity.js";
import { operateAsRules } from "../../src/policies/operate-as/rules.js";
import { memory } from "../../src/stores/memory/memory.js";
import { createWorld } from "../world.js";

const asAda = ["authorization", `Basic ${Buffer.from("ada:x").toString("base64")}`];
/** Accounts are asked about this often. Milliseconds. */
const recheckMs = 10_000;

const forChat: SocketTicket = { service: "chat" };

async function start() {
  const { platform, advance } = createWorld();
  const users = new Map<string, Identity>(["ada", "bob"].map((subject) => [subject, { subject, roles: ["user"] }]));
  /** How often the store still answers. */
  let answers = Number.POSITIVE_INFINITY;
  const store = memory({ platform });
  const auth = createAuth({
    platform,
    onEvent: () => {},
    store: {
      ...store,
      loadSession: (ref) => (answers-- > 0 ? store.loadSession(ref) : Promise.reject(new Error("down"))),
    },
    recheckMs,
    carriers: { cookie: { name: "door" } },
    handlers: [
      { ...basic({ verify: (user) => users.get(user) }), recheck: ({ subject }: Identity) => users.get(subject) },
    ],
    operateAs: operateAsRules({
      identify: (subject) => users.get(subject),
      rules: [{ actors: ["ada"], targets: ["bob"], services: ["chat"] }],
    }),
  });
  const ask = async (rawHeaders: readonly string[], socketTicket?: SocketTicket) =>
    auth.authenticate(
      { method: "GET", path: "/", rawHeaders, peer: { address: "192.0.2.1", trusted: false } },
      { socketTicket },
    );
  const offered = await ask(asAda);
  const token = (offered.kind === "allowed" && offered.offer?.token) || "";
  const caller = callerOf(await ask(["authorization", `Bearer ${token}`]));
  const issue = async (operateAs?: { readonly subject: string; readonly reason: string }) => {
    const issued = await auth.tickets.issue(caller, { service: "chat", ...(operateAs && { operateAs }) });
    assert.equal(issued.kind, "issued");
    return ["sec-websocket-protocol", `chat.v1, sallyport.ticket.${issued.kind === "issued" ? issued.ticket : ""}`];
  };
  return { advance, auth, users, ask, token, caller, issue, fail: (after: number) => (answers = after) };
}

function callerOf(decision: Decision) {
  assert.equal(decision.kind, "allowed");
  return (decision as Extract<Decision, { kind: "allowed" }>).caller;
}

const reason = (decision: Decision) => (decision.kind === "denied" ? decision.reason : decision.kind);

test("the caller of a ticket is that of its session", async () => {
  const { ask, issue, caller } = await start();
  const found = callerOf(await ask(await issue(), forChat));
  assert.equal(found.identity.subject, "ada");
  assert.equal(found.session?.ref, caller.session?.ref);
});

test("a ticket that operates as another account is refused", async () => {
  const { ask, issue } = await start();
  assert.equal(reason(await ask(await issue({ subject: "bob", reason: "x" }), forChat)), "operate_as_refused");
});

test("a ticket of a session that is over is refused, and so is that of an account that is gone", async () => {
  for (const isGone of [true, false]) {
    const { ask, issue, auth, users, advance } = await start();
    advance(recheckMs);
    const ticket = await issue();
    if (isGone) users.delete("ada");
    else await auth.sessions.endSubject("ada");
    assert.equal(reason(await ask(ticket, forChat)), "revoked");
  }
});

test("a store that cannot answer is unavailable, at whichever of its questions it fails", async () => {
  const reasons: string[] = [];
  for (const after of [0, 1, 2, 3]) {
    const { ask, issue, fail } = await start();
    const ticket = await issue();
    fail(after);
    reasons.push(reason(await ask(ticket, forChat)));
  }
  assert.deepEqual(reasons, ["unavailable", "unavailable", "unavailable", "allowed"]);
});

test("a live cookie beside a ticket is refused, and a dead one counts for nothing", async () => {
  const { ask, issue, token } = await start();
  const ticket = await issue();
  assert.equal(reason(await ask([...ticket, "cookie", `door=${token}`], forChat)), "invalid_request");
  assert.equal(reason(await ask([...ticket, "cookie", "door=junk"], forChat)), "allowed");
});
