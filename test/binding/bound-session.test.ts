import assert from "node:assert/strict";
import { test } from "node:test";
import type { DpopOptions } from "../../src/binding/dpop-options.js";
import { createAuth } from "../../src/engine/auth.js";
import { basic } from "../../src/handlers/password/basic.js";
import type { Decision } from "../../src/model/decision.js";
import type { AuthEvent } from "../../src/model/events.js";
import type { Peer } from "../../src/model/request.js";
import type { Store } from "../../src/model/store.js";
import { memory } from "../../src/stores/memory/memory.js";
import { createWorld } from "../world.js";
import { athOf, createProofMaker, type Members, type ProofMaker } from "./proof-maker.js";

const url = "https://api.example/orders";
const password = `Basic ${Buffer.from("ada:lovelace").toString("base64")}`;
const peer: Peer = { address: "192.0.2.1", trusted: false };

function start(dpop: DpopOptions = {}, changes: (store: Store) => Partial<Store> = () => ({})) {
  const world = createWorld();
  const { platform } = world;
  const events: AuthEvent[] = [];
  const calls = { handler: 0, loads: 0, swaps: 0 };
  const inner = memory({ platform });
  const store: Store = {
    ...inner,
    loadSession(ref) {
      calls.loads += 1;
      return inner.loadSession(ref);
    },
    swapSession(reading, change, durable) {
      calls.swaps += 1;
      return inner.swapSession(reading, change, durable);
    },
    ...changes(inner),
  };
  const verify = (user: string, secret: string) => {
    calls.handler += 1;
    return user === "ada" && secret === "lovelace" && { subject: "ada" };
  };
  const auth = createAuth({
    handlers: [basic({ verify })],
    store,
    platform,
    dpop,
    rememberMs: 0,
    onEvent: (event) => events.push(event),
  });
  let nonce: string | undefined;

  /** A call as a client makes it: it keeps the nonce of every answer. */
  function call(
    authorization: string,
    client?: ProofMaker,
    claims: Members = {},
    from: Peer = peer,
  ): { readonly decision: Decision; readonly proof: string | undefined } {
    const token = /^DPoP (.*)/.exec(authorization)?.[1];
    const proof = client?.prove({ htu: url, ath: token && athOf(token), nonce, ...claims });
    const rawHeaders = ["host", "api.example", "authorization", authorization, ...(proof ? ["dpop", proof] : [])];
    const decision = auth.authenticate({ method: "GET", path: "/orders", rawHeaders, peer: from });
    assert.ok(!(decision instanceof Promise), "with a local store nothing is awaited");
    nonce = headerOf(decision, "dpop-nonce") ?? nonce;
    return { decision, proof };
  }

  /** A bound session, as whoever sends a password and a proof gets one. */
  function open(client: ProofMaker): string {
    call(password, client, {}, { ...peer }); // brings the nonce
    const { decision } = call(password, client, {}, { ...peer });
    assert.ok(decision.kind === "allowed" && decision.offer);
    return decision.offer.token;
  }
  return { ...world, auth, events, calls, call, open };
}

const headerOf = (decision: Decision, name: string) =>
  decision.kind === "anonymous" ? undefined : new Map(decision.headers).get(name);

const outcome = ({ decision }: { decision: Decision }) =>
  decision.kind === "denied" ? decision.reason : decision.kind;

test("a log-in with a proof opens a session that is bound to its key, and offers the token by the scheme DPoP", () => {
  const { call, open } = start();
  const client = createProofMaker();
  const first = call(password, client);
  assert.equal(outcome(first), "use_dpop_nonce");
  const { decision } = call(password, client);
  assert.ok(decision.kind === "allowed" && decision.offer);
  const { scheme, token } = decision.offer;
  assert.equal(scheme, "DPoP");
  for (let again = 0; again < 3; again++) {
    const used = call(`DPoP ${token}`, client).decision;
    assert.ok(used.kind === "allowed");
    assert.deepEqual(used.caller.session?.cnf, { jkt: client.jkt });
    assert.equal(used.caller.scheme, "dpop");
  }
  assert.ok(open(createProofMaker()));
});

test("a log-in with a bad proof opens no session, plain or other", async () => {
  const { auth, call } = start();
  const client = createProofMaker();
  assert.equal(outcome(call(password, client)), "use_dpop_nonce");
  assert.equal(outcome(call(password, client, { htm: "POST" })), "invalid_dpop_proof");
  assert.equal(outcome(call(password, client, { htu: "https://evil.example/orders" })), "invalid_dpop_proof");
  assert.deepEqual(await auth.sessions.list(), []);
  assert.equal(outcome(call(password)), "allowed");
  assert.equal((await auth.sessions.list()).length, 1, "the control: without a proof a plain one opens");
});

test("a log-in by message asks for the proof before the handler, and answers with the nonce", async () => {
  const { auth, calls } = start();
  const client = createProofMaker();
  const logIn = async (nonce?: string, rawHeaders?: readonly string[]) => {
    const dpop = client.prove({ htm: "POST", htu: "https://api.example/log-in", nonce });
    return auth.logIn(
      { scheme: "Basic", payload: password.slice("Basic ".length) },
      {
        peer,
        target: { method: "POST", path: "/log-in" },
        rawHeaders: rawHeaders ?? ["host", "api.example", "dpop", dpop],
      },
    );
  };
  const asked = await logIn();
  assert.ok(asked.kind === "denied");
  assert.equal(asked.reason, "use_dpop_nonce");
  assert.equal(calls.handler, 0);
  const nonce = new Map(asked.headers).get("dpop-nonce");
  const opened = await logIn(nonce);
  assert.ok(opened.kind === "opened");
  assert.deepEqual(opened.session.cnf, { jkt: client.jkt });
  assert.equal(calls.handler, 1);
  const plain = await logIn(nonce, []);
  assert.ok(plain.kind === "opened");
  assert.equal(plain.session.cnf, undefined);
});

test("who has no credentials fills no memory of used proofs; with credentials a proof is good for one log-in", async () => {
  let shared = 0;
  const { auth } = start({ sharedReplay: true }, (store) => ({
    put(...given) {
      shared += 1;
      return store.put(...given);
    },
  }));
  const client = createProofMaker();
  const logIn = async (secret: string, dpop: string) => {
    const context = {
      peer,
      target: { method: "POST", path: "/log-in" },
      rawHeaders: ["host", "api.example", "dpop", dpop],
    };
    return auth.logIn({ scheme: "Basic", payload: btoa(`ada:${secret}`) }, context);
  };
  const prove = (nonce?: string) => client.prove({ htm: "POST", htu: "https://api.example/log-in", nonce });
  const asked = await logIn("lovelace", prove());
  const nonce = asked.kind === "denied" ? new Map(asked.headers).get("dpop-nonce") : undefined;
  const proof = prove(nonce);
  for (let guess = 0; guess < 3; guess++) {
    const refused = await logIn("wrong", proof);
    assert.equal(refused.kind === "denied" && refused.reason, "invalid_credentials");
  }
  assert.equal(shared, 0);
  assert.equal((await logIn("lovelace", proof)).kind, "opened");
  const again = await logIn("lovelace", proof);
  assert.equal(again.kind === "denied" && again.reason, "invalid_dpop_proof");
});

/** What somebody can do who has copied a token, and proofs that went over the wire, but not the key. */
const thefts: readonly [how: string, present: (token: string, used: string) => readonly string[]][] = [
  ["as a bearer token", (token) => ["authorization", `Bearer ${token}`]],
  ["as a bearer token with a used proof", (token, used) => ["authorization", `Bearer ${token}`, "dpop", used]],
  ["without a proof", (token) => ["authorization", `DPoP ${token}`]],
  ["with a used proof", (token, used) => ["authorization", `DPoP ${token}`, "dpop", used]],
  ["with a used proof in capital letters", (token, used) => ["authorization", `dPoP ${token}`, "DPOP", used]],
];
for (const [how, present] of thefts) {
  for (const isWarm of [true, false]) {
    test(`a copied token is refused ${how}, by a node that ${isWarm ? "remembers" : "does not remember"} it`, () => {
      const { auth, call, open, events, advance } = start();
      const client = createProofMaker();
      const token = open(client);
      call(`DPoP ${token}`, client);
      const last = call(`DPoP ${token}`, client);
      const used = last.proof ?? "";
      assert.equal(outcome(last), "allowed");
      if (!isWarm) advance(290_000); // due: asked of the store
      const rawHeaders = ["host", "api.example", ...present(token, used)];
      const stolen = auth.authenticate({ method: "GET", path: "/orders", rawHeaders, peer });
      assert.ok(!(stolen instanceof Promise) && stolen.kind === "denied");
      assert.match(stolen.reason, /^(invalid_dpop_proof|use_dpop_nonce)$/);
      assert.match(stolen.challenges[0] ?? "", /^DPoP realm="sallyport", error="(invalid_dpop_proof|use_dpop_nonce)"/);
      assert.equal(outcome(call(`DPoP ${token}`, client)), isWarm ? "allowed" : "use_dpop_nonce");
      assert.equal(outcome(call(`DPoP ${token}`, client)), "allowed");
      assert.ok(!events.some(({ kind }) => kind === "reuse"));
    });
  }
}

test("a bound token is no bearer token, not even with a good proof", () => {
  const { call, open } = start();
  const client = createProofMaker();
  const token = open(client);
  assert.equal(outcome(call(`Bearer ${token}`, client, { ath: athOf(token) })), "invalid_dpop_proof");
  assert.equal(outcome(call(`DPoP ${token}`, client)), "allowed", "the control");
});

test("a copied token is refused with a proof by the thief's own key", () => {
  const { call, open } = start();
  const token = open(createProofMaker());
  assert.equal(outcome(call(`DPoP ${token}`, createProofMaker())), "invalid_dpop_proof");
});

test("who lacks the key can neither claim, turn nor end a bound session", async () => {
  const { auth, call, open, events, advance, calls } = start();
  const client = createProofMaker();
  const thief = createProofMaker();
  const first = open(client);
  call(`DPoP ${first}`, thief);
  call(`Bearer ${first}`);
  assert.equal((await auth.sessions.list())[0]?.claimed, false);
  call(`DPoP ${first}`, client);
  advance(310_000);
  const { swaps } = calls;
  call(`DPoP ${first}`, thief);
  assert.equal(calls.swaps, swaps, "the thief turned nothing");
  // Either may be the one whose proof has the nonce of now.
  const [second, ...others] = [call(`DPoP ${first}`, client), call(`DPoP ${first}`, client)].flatMap(({ decision }) =>
    decision.kind === "allowed" ? (decision.offer?.token ?? []) : [],
  );
  assert.ok(second !== undefined && others.length === 0, "the owner did");
  call(`DPoP ${second}`, client);
  advance(900_000);
  assert.equal(outcome(call(`DPoP ${first}`, thief)), "invalid_dpop_proof");
  assert.ok(!events.some(({ kind }) => kind === "reuse"), "no alarm, and no log-out of the owner");
  assert.equal(outcome(call(`DPoP ${second}`, client)), "allowed");
});

test("an old token by whoever holds the key is reuse as ever", () => {
  const { call, open, events, advance } = start();
  const client = createProofMaker();
  const first = open(client);
  call(`DPoP ${first}`, client);
  advance(310_000);
  call(`DPoP ${first}`, client);
  const { decision } = call(`DPoP ${first}`, client);
  assert.ok(decision.kind === "allowed" && decision.offer);
  call(`DPoP ${decision.offer.token}`, client);
  advance(100_000);
  call(`DPoP ${first}`, client);
  assert.equal(outcome(call(`DPoP ${first}`, client)), "revoked");
  assert.equal(events.filter(({ kind }) => kind === "reuse").length, 1);
});

test("a remembered token of a bound session costs no read of the store", () => {
  const { call, open, calls } = start();
  const client = createProofMaker();
  const token = open(client);
  call(`DPoP ${token}`, client);
  call(`DPoP ${token}`, client);
  const before = { ...calls };
  for (let again = 0; again < 5; again++) assert.equal(outcome(call(`DPoP ${token}`, client)), "allowed");
  assert.deepEqual(calls, before);
});

test("the next nonce comes with an answer, remembered or not, and only when there is one", () => {
  const { call, open, advance, platform } = start();
  const client = createProofMaker();
  const token = open(client);
  const renewed: boolean[] = [];
  advance(60_000 - (platform.now() % 60_000));
  for (let seconds = 0; seconds < 240; seconds += 20) {
    const { decision } = call(`DPoP ${token}`, client);
    assert.equal(decision.kind, "allowed");
    renewed.push(headerOf(decision, "dpop-nonce") !== undefined);
    advance(20_000);
  }
  assert.deepEqual(renewed, [true, false, false, true, false, false, true, false, false, true, false, false]);
});

test("what ends the session is said by the scheme of its token", () => {
  const { auth, call, open, advance } = start();
  const client = createProofMaker();
  const token = open(client);
  call(`DPoP ${token}`, client);
  advance(44_000_000);
  const { decision } = call(`DPoP ${token}`, client);
  assert.ok(decision.kind === "denied");
  assert.equal(decision.reason, "use_dpop_nonce");
  const over = call(`DPoP ${token}`, client).decision;
  assert.ok(over.kind === "denied");
  assert.equal(over.reason, "expired");
  assert.equal(
    over.challenges[0],
    'DPoP realm="sallyport", error="invalid_token", error_description="The session is over. Log in again.", algs="ES256 EdDSA Ed25519"',
  );
  const nobody = auth.authenticate({ method: "GET", path: "/", rawHeaders: [], peer });
  assert.ok(!(nobody instanceof Promise) && nobody.kind === "denied");
  assert.match(nobody.challenges[0] ?? "", /^Bearer /);
});

test("a step-up of a bound session is asked for by its scheme, and brings the nonce", () => {
  const { auth, call, open, advance } = start();
  const client = createProofMaker();
  const token = open(client);
  advance(70_000);
  const { proof = "" } = call(`DPoP ${token}`, client);
  assert.notEqual(proof, "");
  advance(50_000);
  const { decision } = call(`DPoP ${token}`, client);
  assert.equal(decision.kind, "allowed");
  const fresh = client.prove({ htu: url, ath: athOf(token), nonce: undefined });
  const rawHeaders = ["host", "api.example", "authorization", `DPoP ${token}`, "dpop", fresh];
  const asked = auth.authenticate({ method: "GET", path: "/orders", rawHeaders, peer }, { stepUp: { maxAgeMs: 1 } });
  assert.ok(!(asked instanceof Promise) && asked.kind === "denied");
  assert.equal(asked.reason, "use_dpop_nonce", "the proof comes first");
  const nonce = headerOf(asked, "dpop-nonce");
  const good = client.prove({ htu: url, ath: athOf(token), nonce });
  const again = auth.authenticate(
    { method: "GET", path: "/orders", rawHeaders: [...rawHeaders.slice(0, 4), "dpop", good], peer },
    { stepUp: { maxAgeMs: 1 } },
  );
  assert.ok(!(again instanceof Promise) && again.kind === "denied");
  assert.equal(again.reason, "insufficient_user_authentication");
  assert.match(
    again.challenges[0] ?? "",
    /^DPoP .*error="insufficient_user_authentication".*algs="[^"]*", max_age="0"$/,
  );
});

test("a session as somebody else is bound to the actor's key", async () => {
  const { platform } = createWorld();
  const client = createProofMaker();
  const auth = createAuth({
    handlers: [basic({ verify: () => ({ subject: "ada" }) })],
    store: memory({ platform }),
    platform,
    dpop: { nonce: false },
    operateAs: { identify: (subject) => ({ subject }), grant: () => ({}) },
  });
  const dpop = client.prove({ htm: "POST", htu: "https://api.example/", iat: platform.now() / 1_000 });
  const opened = await auth.logIn(
    { scheme: "Basic", payload: password.slice("Basic ".length) },
    { peer, target: { method: "POST", path: "/" }, rawHeaders: ["host", "api.example", "dpop", dpop] },
  );
  assert.ok(opened.kind === "opened");
  const acting = await auth.beginOperateAs(opened.caller, { subject: "bob" });
  assert.ok(acting.kind === "opened");
  assert.deepEqual(acting.session.cnf, { jkt: client.jkt });
  const rawHeaders = ["host", "api.example", "authorization", `Bearer ${acting.token}`];
  assert.equal((await auth.authenticate({ method: "GET", path: "/", rawHeaders, peer })).kind, "denied");
});

test("sharedReplay: the store is told of a proof once, and when it fails the call is unavailable", () => {
  const puts: unknown[][] = [];
  let isDown = false;
  const { call, open } = start({ sharedReplay: true }, (store) => ({
    put(...given) {
      if (isDown) throw new Error("down");
      puts.push(given);
      return store.put(...given);
    },
  }));
  const client = createProofMaker();
  const token = open(client);
  assert.equal(outcome(call(`DPoP ${token}`, client)), "allowed");
  assert.deepEqual(
    puts.map(([kind, , json, lifeMs]) => [kind, json, lifeMs]),
    [
      ["dpop-proof", "{}", 180_000],
      ["dpop-proof", "{}", 180_000],
    ],
  );
  isDown = true;
  assert.equal(outcome(call(`DPoP ${token}`, client)), "unavailable");
});
