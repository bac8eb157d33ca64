import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { pino } from "pino";
import { systemPlatform as platform } from "../../../src/base/platform.js";
import { maxHeaderFields } from "../../../src/gateway/listen/connection-limits.js";
import { createExplainer } from "../../../src/gateway/run/explain.js";
import type { Explanation } from "../../../src/gateway/run/explanation.js";
import { startGateway } from "../../../src/gateway/run/gateway.js";
import type { RawRequest } from "../../../src/gateway/run/raw-request.js";
import { createState } from "../../../src/gateway/run/state.js";
import { createRandom, type Random } from "../../../src/testing/random.js";
import { isFull, sized } from "../../size.js";
import { echoUpstream } from "../running-gateway.js";
import { createCredentials, createWorld, parse, type World } from "./explain-world.js";
import type { Connection, Handled } from "./in-process.js";
import { randomConfig } from "./random-config.js";
import { randomRequest } from "./random-request.js";
import { sendRaw } from "./send-raw.js";

function seeded(t: TestContext): Random {
  const random = createRandom(process.env.FUZZ_SEED === undefined ? undefined : Number(process.env.FUZZ_SEED));
  t.diagnostic(`seed ${random.seed} (FUZZ_SEED=${random.seed} repeats it)`);
  return random;
}

test("explain says of every request what the gateway does with it", async (t) => {
  const random = seeded(t);
  const world = await createWorld(t);
  const credentials = await createCredentials(t, world);
  const counts: Record<string, number> = {};
  for (let left = sized(6, 50); left > 0; left -= 1) {
    const text = randomConfig(random, world.ground);
    const config = parse(world.files, text);
    const state = createState(config, { ...world, platform, onAnswered: world.inProcess.onAnswered, onWarning() {} });
    const explainer = createExplainer(config);
    try {
      for (let requests = 200; requests > 0; requests -= 1) {
        const request = randomRequest(random, credentials);
        const connection = randomConnection(random, world);
        // First: what it looks at must be as it was before the gateway has changed it.
        const explanation = await explainer.explain(request, connection);
        const handled = await world.inProcess.handle(state.handlers, request, connection);
        const note = () => JSON.stringify({ text, request, connection, explanation, handled }, undefined, 1);
        withNote(note, () => assertAgree(request, explanation, handled));
        const seen = explanation.denial?.reason ?? explanation.outcome;
        counts[seen] = (counts[seen] ?? 0) + 1;
      }
    } finally {
      await explainer.close();
      state.beginStop();
      await state.close();
    }
  }
  t.diagnostic(JSON.stringify(counts));
  // Every branch was taken, and often: a few configurations cannot tell.
  if (!isFull) return;
  for (const outcome of [
    "forwarded",
    "answered",
    "bad_request",
    "no_route",
    "no_credentials",
    "not_permitted",
    "insufficient_scope",
  ]) {
    assert.ok((counts[outcome] ?? 0) > 50, `${outcome}: ${counts[outcome]}`);
  }
});

test("and of requests that come over a network", async (t) => {
  const random = seeded(t);
  const world = await createWorld(t);
  const credentials = await createCredentials(t, world);
  const upstream = await echoUpstream(t);
  const counts: Record<string, number> = {};
  for (let left = 4; left > 0; left -= 1) {
    const text = randomConfig(random, world.ground)
      .replace(/listen: \[\{/, "listen: [{ address: 127.0.0.1:0 }, {")
      .replaceAll(/127\.0\.0\.1:8\d+/g, "127.0.0.1:0")
      .replaceAll(/http:\/\/127\.0\.0\.1:300\d/g, upstream.url);
    const config = parse(world.files, text);
    const logged: Record<string, unknown>[] = [];
    const log = pino({ level: "debug" }, { write: (line: string) => void logged.push(JSON.parse(line)) });
    const gateway = await startGateway(config, { log });
    const explainer = createExplainer(config);
    try {
      for (let requests = 50; requests > 0; requests -= 1) {
        const request = randomRequest(random, credentials);
        // Node may hang up before an answer is sent.
        if (request.method === "CONNECT" || request.rawHeaders.includes("xchunked")) continue;
        const explanation = await explainer.explain(request, { encrypted: false });
        logged.length = 0;
        upstream.requests.length = 0;
        const status = await sendRaw(gateway.addresses()[0]?.port ?? 0, request);
        const lines = logged.filter(({ kind }) => kind === "request");
        const seen = upstream.requests.map(({ url = "", rawHeaders }) => ({ url, rawHeaders }));
        const note = () => JSON.stringify({ text, request, explanation, status, lines, seen }, undefined, 1);
        withNote(note, () => {
          // What is no request to Node's parser gets its answer from there, whatever it speaks.
          const told = lines[0] ?? { msg: "refused", reason: "bad_request" };
          // The upstream speaks HTTP/1.1, and answers gRPC with something else.
          const isUnderstood = told.reason !== "upstream_not_grpc";
          const { msg, reason } = isUnderstood ? told : { msg: "proxied", reason: undefined };
          const answered = explanation.answeredBy?.includes("preflight") ? "preflight" : "service";
          assert.equal(msg, { forwarded: "proxied", answered, denied: "refused" }[explanation.outcome]);
          assert.equal(reason, explanation.denial?.reason);
          // Of too many fields Node keeps some beyond its limit, among which a content type may name the protocol: gRPC has 200.
          const isCut = explanation.denial?.reason === "headers_too_large";
          if (msg === "refused" && !isCut) assert.equal(status, lines.length === 0 ? 400 : explanation.status);
          assert.equal(seen.length, explanation.outcome === "forwarded" ? 1 : 0);
          if (seen[0] !== undefined) assertSeen(explanation, seen[0]);
        });
        counts[explanation.outcome] = (counts[explanation.outcome] ?? 0) + 1;
      }
    } finally {
      await explainer.close();
      await gateway.stop();
    }
  }
  t.diagnostic(JSON.stringify(counts));
});

/** Fields of the connection to the upstream. */
const ofConnection: ReadonlySet<string> = new Set(["connection", "upgrade", "content-length", "transfer-encoding"]);

function assertSeen(explanation: Explanation, seen: Pick<RawRequest, "url" | "rawHeaders">): void {
  const { passed = [], set = [] } = explanation.headers ?? {};
  assert.equal(seen.url, explanation.upstreamPath);
  const fields = toFields(seen.rawHeaders).filter(([name]) => !ofConnection.has(name.toLowerCase()));
  const names = fields.map(([name]) => name.toLowerCase());
  assert.deepEqual(names.sort(), [...passed, ...set.map(([name]) => name)].map((name) => name.toLowerCase()).sort());
  for (const [name, value] of set) {
    assert.ok(
      fields.some(([field, other]) => field.toLowerCase() === name && other === value),
      name,
    );
  }
}

function randomConnection(random: Random, { certificates }: World): Connection {
  const certificate = random.pick(certificates);
  return {
    from: random.pick(["127.0.0.1", "192.0.2.7", "10.1.2.3", "fd00:1::7", "::ffff:10.0.0.1"]),
    encrypted: certificate !== undefined || random.int(2) === 0,
    certificate,
  };
}

function withNote(note: () => string, check: () => void): void {
  try {
    check();
  } catch (error) {
    throw new Error(note(), { cause: error });
  }
}

/** The same outcome, and where it goes on the same path and fields. */
function assertAgree(request: RawRequest, explanation: Explanation, { outcome, status, sent }: Handled): void {
  switch (outcome.kind) {
    case "refused": {
      const { code, reason } = outcome.denial;
      assert.equal(explanation.outcome, "denied");
      assert.deepEqual([explanation.denial?.code, explanation.denial?.reason], [code, reason]);
      assert.equal(explanation.denial?.detail, outcome.detail);
      assert.equal(reason === "bad_request", outcome.detail !== undefined);
      assert.deepEqual([explanation.status, explanation.route], [status, outcome.route]);
      break;
    }
    case "service":
      assert.equal(explanation.outcome, "answered");
      assert.equal(explanation.target?.path, outcome.path);
      break;
    case "preflight":
      assert.equal(explanation.outcome, "answered");
      assert.match(explanation.answeredBy ?? "", /preflight/);
      break;
    case "proxied": {
      assert.equal(explanation.outcome, "forwarded");
      assert.equal(explanation.route, outcome.route);
      const { identity, scheme, session, scopes } = outcome.caller ?? {};
      const caller = identity && {
        subject: identity.subject,
        roles: identity.roles ?? [],
        scopes: scopes ?? [],
        scheme,
        session: session?.ref,
      };
      assert.deepEqual(explanation.caller, caller);
      assertSent(request, explanation, sent);
      assertStripped(request, explanation, sent);
      break;
    }
    default:
      assert.fail(`the upstream failed`);
  }
}

function assertSent(request: RawRequest, explanation: Explanation, sent: Handled["sent"]): void {
  const { passed = [], set = [] } = explanation.headers ?? {};
  assert.equal(sent?.path, explanation.upstreamPath);
  assert.equal(sent?.to, explanation.route?.upstream);
  const fields = toFields(sent?.headers ?? []).filter(([name]) => name !== "content-length");
  const ours = fields.slice(passed.length);
  assert.deepEqual([["host", sent?.authority], ...ours], set);
  const theirs = fields.slice(0, passed.length);
  assert.deepEqual(
    theirs.map(([name]) => name),
    passed,
  );
  const came = new Set(toFields(request.rawHeaders).map((field) => field.join(": ")));
  for (const field of theirs) assert.ok(isMade(field[0]) || came.has(field.join(": ")), field[0]);
}

/** Cookies go on in one field, and of `TE` nothing but this does. */
function isMade(name: string): boolean {
  return name === "cookie" || name === "te";
}

/** They go on in another form. */
const rewritten: ReadonlySet<string> = new Set(["host", "content-length", "transfer-encoding"]);

/** Told by what came and what went on, not by the rules: each field goes on, or is said to be stripped. */
function assertStripped(request: RawRequest, explanation: Explanation, sent: Handled["sent"]): void {
  const { passed = [], stripped = [] } = explanation.headers ?? {};
  const came = toFields(request.rawHeaders.slice(0, 2 * maxHeaderFields));
  const wentOn = toFields(sent?.headers ?? []);
  const left = passed.filter((name) => !isMade(name));
  const jarCame = came.filter(([name]) => name.toLowerCase() === "cookie").flatMap(([, value]) => toCookies(value));
  const jarWentOn = wentOn.filter(([name]) => name === "cookie").flatMap(([, value]) => toCookies(value));
  const taken = new Set(jarCame.filter((cookie) => !jarWentOn.includes(cookie)).map((cookie) => cookie.split("=")[0]));
  const someStayed = jarWentOn.length > 0 || stripped.some((name) => name.startsWith("cookie "));
  const gone = came.flatMap(([name, value]) => {
    const lower = name.toLowerCase();
    if (rewritten.has(lower) || (lower === "te" && /\btrailers\b/.test(value))) return [];
    if (lower === "cookie" && someStayed) return [];
    const at = isMade(lower) ? -1 : left.indexOf(name);
    if (at === -1) return [name];
    left.splice(at, 1);
    return [];
  });
  if (someStayed) for (const name of taken) gone.push(`cookie ${name}`);
  assert.deepEqual(stripped, gone);
  assert.deepEqual(left, []);
}

function toCookies(value: string): string[] {
  return value.split(";").map((pair) => pair.trim());
}

function toFields(flat: readonly string[]): [name: string, value: string][] {
  return flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? ""] as [string, string]] : []));
}
