import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { createAuth } from "../../src/engine/auth.js";
import type { Handler } from "../../src/handlers/handler.js";
import type { AuthEvent } from "../../src/model/events.js";
import type { Peer } from "../../src/model/request.js";
import { memory } from "../../src/stores/memory/memory.js";
import { createWorld } from "../world.js";

const key: Handler = {
  scheme: "Key",
  opens: "session",
  fromHeader: () => ({ kind: "accepted", identity: { subject: "ada" } }),
};
const certificates: Handler = {
  scheme: "Certificate",
  opens: "nothing",
  carrier: "certificate",
  fromHeader: () => ({ kind: "accepted", identity: { subject: "ada" } }),
};
const certificateOf = (name: string) => new TextEncoder().encode(`certificate of ${name}`);
const peerWith = (name?: string): Peer => ({
  address: "192.0.2.1",
  trusted: false,
  certificate: name === undefined ? undefined : certificateOf(name),
});

function start(bindToCertificate = true) {
  const world = createWorld();
  const { platform } = world;
  const events: AuthEvent[] = [];
  const store = memory({ platform });
  const auth = createAuth({
    handlers: [key, certificates],
    operateAs: { identify: (subject) => ({ subject }), grant: () => ({}) },
    store,
    platform,
    bindToCertificate,
    onEvent: (event) => events.push(event),
  });
  const call = async (authorization: string, peer: Peer) =>
    auth.authenticate({ method: "GET", path: "/", rawHeaders: ["authorization", authorization], peer });
  async function open(peer: Peer): Promise<string> {
    const decision = await call("Key x", peer);
    assert.ok(decision.kind === "allowed" && decision.offer);
    return decision.offer.token;
  }
  return { ...world, auth, events, store, call, open };
}

test("a session that opened with a client certificate is worth nothing without it", async () => {
  const { call, open } = start();
  const token = await open(peerWith("ada"));
  const other = await call(`Bearer ${token}`, peerWith("mallory"));
  assert.equal(other.kind === "denied" && other.reason, "invalid_token");
  assert.equal((await call(`Bearer ${token}`, peerWith())).kind, "denied");
  for (let again = 0; again < 2; again++) {
    const decision = await call(`Bearer ${token}`, peerWith("ada"));
    assert.ok(decision.kind === "allowed");
    const thumbprint = createHash("sha256").update(certificateOf("ada")).digest("base64url");
    assert.deepEqual(decision.caller.session?.cnf, { "x5t#S256": thumbprint });
    // Remembered now: it must be asked for all the same.
    assert.equal((await call(`Bearer ${token}`, peerWith("mallory"))).kind, "denied");
  }
});

test("who lacks the key can neither confirm, turn nor end a bound session", async () => {
  const { call, open, events, advance, auth } = start();
  const token = await open(peerWith("ada"));
  await call(`Bearer ${token}`, peerWith("mallory"));
  const [listed] = await auth.sessions.list();
  assert.equal(listed?.claimed, false, "the thief has not claimed it");
  await call(`Bearer ${token}`, peerWith("ada"));
  advance(310_000);
  const turned = await call(`Bearer ${token}`, peerWith("ada"));
  assert.ok(turned.kind === "allowed" && turned.offer);
  await call(`Bearer ${turned.offer.token}`, peerWith("ada"));
  advance(3 * 300_000);
  const stolen = await call(`Bearer ${token}`, peerWith("mallory"));
  assert.equal(stolen.kind === "denied" && stolen.reason, "invalid_token");
  assert.ok(!events.some(({ kind }) => kind === "reuse"));
  assert.equal((await call(`Bearer ${turned.offer.token}`, peerWith("ada"))).kind, "allowed");
});

test("without the option, or without a certificate, a session is a plain bearer", async () => {
  const off = start(false);
  assert.equal((await off.call(`Bearer ${await off.open(peerWith("ada"))}`, peerWith("bob"))).kind, "allowed");
  const none = start();
  assert.equal((await none.call(`Bearer ${await none.open(peerWith())}`, peerWith("bob"))).kind, "allowed");
});

test("a plain token is not good under the scheme DPoP", async () => {
  const { call, open } = start(false);
  const token = await open(peerWith());
  assert.equal((await call(`DPoP ${token}`, peerWith())).kind, "denied");
  assert.equal((await call(`Bearer ${token}`, peerWith())).kind, "allowed");
  assert.equal((await call(`DPoP ${token}`, peerWith())).kind, "denied");
});

test("a handler for the certificate decides when there is no Authorization field, and only then", async () => {
  const { platform } = createWorld();
  const certificate: Handler = {
    scheme: "ClientCertificate",
    opens: "nothing",
    carrier: "certificate",
    challenge: () => undefined,
    fromHeader: (payload, { peer }) =>
      payload === "" && Buffer.from(peer.certificate ?? []).equals(certificateOf("ada"))
        ? { kind: "accepted", identity: { subject: "ada" } }
        : { kind: "rejected" },
  };
  const auth = createAuth({ handlers: [key, certificate], store: memory({ platform }), platform });
  const ask = async (rawHeaders: string[], peer: Peer, anonymous = false) =>
    auth.authenticate({ method: "GET", path: "/", rawHeaders, peer }, { anonymous });
  const ada = await ask([], peerWith("ada"));
  assert.ok(ada.kind === "allowed");
  assert.equal(ada.caller.scheme, "clientcertificate");
  assert.equal(ada.caller.session, undefined);
  assert.equal((await ask([], peerWith("mallory"), true)).kind, "denied", "never anonymous");
  assert.equal((await ask([], peerWith(), true)).kind, "anonymous");
  assert.equal((await ask(["authorization", "Bearer junk"], peerWith("ada"))).kind, "denied");
});

test("whoever has no session is bound by what they prove when they begin to operate as somebody", async () => {
  const { auth, call } = start();
  const peer = peerWith("ada");
  const decision = await auth.authenticate({ method: "GET", path: "/", rawHeaders: [], peer });
  assert.ok(decision.kind === "allowed");
  const target = { method: "POST", path: "/" };
  const opened = await auth.beginOperateAs(decision.caller, { subject: "bob" }, { peer, target });
  assert.ok(opened.kind === "opened");
  assert.equal((await call(`Bearer ${opened.token}`, peerWith("mallory"))).kind, "denied");
  assert.equal((await call(`Bearer ${opened.token}`, peer)).kind, "allowed");
  const rawHeaders = ["DPoP", "nonsense"];
  const refused = await auth.beginOperateAs(decision.caller, { subject: "bob" }, { peer, target, rawHeaders });
  assert.equal(refused.kind === "denied" && refused.reason, "invalid_dpop_proof");
});

test("a session is not bound to the certificate of a trusted proxy, which all callers behind it share", async () => {
  const { call, open } = start();
  const proxy: Peer = { ...peerWith("the proxy"), trusted: true };
  const decision = await call(`Bearer ${await open(proxy)}`, { ...proxy });
  assert.ok(decision.kind === "allowed");
  assert.equal(decision.caller.session?.cnf, undefined);
  const direct = await open(peerWith("ada"));
  const relayed = await call(`Bearer ${direct}`, { ...peerWith("ada"), trusted: true });
  assert.equal(relayed.kind === "denied" && relayed.reason, "invalid_token");
});
