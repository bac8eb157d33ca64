import assert from "node:assert/strict";
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { inspect } from "node:util";
import { createAuth } from "../../src/engine/auth.js";
import type { Handler } from "../../src/handlers/handler.js";
import { jwt } from "../../src/handlers/oidc/jwt.js";
import { basic } from "../../src/handlers/password/basic.js";
import { hashPassword } from "../../src/handlers/password/hash.js";
import { userFile } from "../../src/handlers/password/user-file.js";
import { preSharedKey } from "../../src/handlers/pre-shared-key.js";
import type { Decision, Denial } from "../../src/model/decision.js";
import type { OnEvent } from "../../src/model/events.js";
import { memory } from "../../src/stores/memory/memory.js";
import { createWorld } from "../world.js";

// What broke other doors, through the whole engine: from the headers as received to the decision.

const folder = mkdtempSync(join(tmpdir(), "attacks-"));
after(() => rmSync(folder, { recursive: true }));
const base64 = (text: string | Buffer) => Buffer.from(text as string).toString("base64");
const hash = await hashPassword("p:q");
const key = "0f8e1d2c3b4a59687766554433221100";
const jwk = { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" };
const basicAda = `Basic ${base64("ada:p:q")}`;

function start(handlers?: readonly Handler[], onEvent?: OnEvent) {
  const path = join(folder, "users.txt");
  const write = (text: string) => writeFileSync(path, text, { mode: 0o600 });
  write(`ada:${hash}:user\neve:${hash}:user:disabled\n`);
  const { platform, advance } = createWorld();
  const hashed: string[] = [];
  const verifyHash = async (costs: string, password: string) => {
    hashed.push(costs.slice(0, 30));
    return costs === hash && password === "p:q";
  };
  const auth = createAuth({
    platform,
    store: memory({ platform }),
    handlerTimeoutMs: 1_000,
    onEvent: onEvent ?? (() => {}),
    handlers: handlers ?? [
      basic(userFile(path, { platform, verifyHash })),
      preSharedKey({ keys: { robot: { key } } }),
      jwt({ issuer: "https://idp.example", audience: "api", jwks: { keys: [jwk] }, platform }),
    ],
  });
  const ask = (...rawHeaders: string[]) =>
    auth.authenticate({ method: "GET", path: "/", rawHeaders, peer: { address: "192.0.2.1", trusted: false } });
  return { auth, ask, hashed, write, path, advance };
}

function denial(decision: Decision): Denial {
  assert.equal(decision.kind, "denied", inspect(decision));
  return decision as Denial;
}

test("good credentials are let in, so that the refusals below mean something", async () => {
  const { ask } = start();
  for (const value of [basicAda, `bAsIc   ${base64("ada:p:q")}`, `PSK ${key}`]) {
    assert.equal((await ask("Authorization", value)).kind, "allowed", value);
  }
});

test("two Authorization lines are refused, whichever is good", async () => {
  for (const [first, second] of [
    [basicAda, "Basic x"],
    ["Basic x", basicAda],
    [basicAda, basicAda],
    [basicAda, `PSK ${key}`],
  ] as const) {
    const decision = denial(await start().ask("Authorization", first, "authorization", second));
    assert.deepEqual([decision.code, decision.reason], ["unauthenticated", "invalid_request"]);
  }
});

test("a comma-joined pair is refused, whichever is good", async () => {
  for (const value of [`${basicAda}, Basic x`, `PSK ${key},PSK ${key}`, `PSK x, PSK ${key}`, `PSK ${key}, Negotiate`]) {
    assert.equal(denial(await start().ask("Authorization", value)).reason, "invalid_request", value);
  }
});

test("grpc-gateway's aliases and Proxy-Authorization are never credentials", async () => {
  for (const name of ["Grpc-Metadata-Authorization", "Grpcgateway-Authorization", "Proxy-Authorization"]) {
    assert.equal(denial(await start().ask(name, basicAda)).reason, "no_credentials", name);
  }
});

test("a scheme is matched as a whole, and an empty one is refused", async () => {
  for (const value of [
    `x${basicAda}`,
    `BasicX ${base64("ada:p:q")}`,
    `Bas ${base64("ada:p:q")}`,
    `XPSK ${key}`,
    "Bearer",
    "Basic",
    "",
    " ",
  ]) {
    assert.equal(denial(await start().ask("Authorization", value)).code, "unauthenticated", value);
  }
});

test("schemes that every object has are refused like any unknown one", async () => {
  for (const scheme of ["__proto__", "constructor", "toString", "hasOwnProperty", "Unknown"]) {
    const decision = denial(await start().ask("Authorization", `${scheme} x`));
    assert.deepEqual([decision.code, decision.reason], ["unauthenticated", "invalid_credentials"], scheme);
  }
});

test("Basic that is not strict is refused before anything is hashed", async () => {
  const { ask, hashed } = start();
  for (const payload of [
    base64("ada"),
    base64(":p:q"),
    base64("ada:p\0q"),
    base64("a\r\nda:p:q"),
    base64(Buffer.from("ad\xe4:p:q", "latin1")),
    base64("ada:p:q").replace(/.$/, "\t"),
    `${base64("ada:p:q")}!`,
    `${base64("ada:p:q").slice(0, 4)} ${base64("ada:p:q").slice(4)}`,
  ]) {
    assert.equal(denial(await ask("Authorization", `Basic ${payload}`)).code, "unauthenticated");
  }
  const long = base64(`ada:${"p".repeat(1_000_000)}`);
  assert.equal(denial(await ask("Authorization", `Basic ${long}`)).reason, "headers_too_large");
  assert.deepEqual(hashed, []);
});

test("the password ends where the text ends, not at its second colon", async () => {
  const { ask } = start();
  assert.equal(denial(await ask("Authorization", `Basic ${base64("ada:p")}`)).reason, "invalid_credentials");
});

test("a truncated header block is 431, not anonymous", async () => {
  const { auth } = start();
  const request = {
    method: "GET",
    path: "/",
    rawHeaders: ["Host", "a"],
    truncated: true,
    peer: { address: "", trusted: false },
  };
  assert.equal(denial(await auth.authenticate(request, { anonymous: true })).code, "resource_exhausted");
});

test("bytes above 0x7f in credentials are refused", async () => {
  for (const value of [`PSK ${key}\xe9`, "Bearer \x80", `${basicAda}\xa0`]) {
    assert.equal(denial(await start().ask("Authorization", value)).reason, "invalid_request");
  }
});

test("an identity that a header or a protobuf string cannot carry is nobody's", async () => {
  for (const subject of ["a\r\nX-User: root", "a\0", "\ud800", "", "a".repeat(257)]) {
    const { ask } = start([basic({ verify: () => ({ subject }) })]);
    assert.equal(denial(await ask("Authorization", basicAda)).code, "unavailable", JSON.stringify(subject));
  }
});

test("JWTs without a signature, signed by the public key, or with a strange key id are refused", async () => {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = part({ iss: "https://idp.example", aud: "api", sub: "ada", exp: 9e9 });
  for (const header of [
    { alg: "none" },
    { alg: "HS256" },
    { alg: "EdDSA", kid: "../../x" },
    { alg: "EdDSA", kid: "' OR 1=1" },
    { alg: "EdDSA", crit: ["x"] },
    { alg: "EdDSA" },
  ]) {
    for (const signature of ["", "AAAA", Buffer.alloc(64).toString("base64url")]) {
      const decision = denial(await start().ask("Authorization", `Bearer ${part(header)}.${claims}.${signature}`));
      assert.deepEqual([decision.code, decision.reason], ["unauthenticated", "invalid_token"]);
    }
  }
});

test("a handler that fails in any way makes no session, and the answer is 503", async () => {
  const ada = { subject: "ada" };
  const answers: readonly (() => unknown)[] = [
    () => undefined,
    () => ({ kind: "accepted" }),
    () => ({ kind: "accepted", identity: ada, error: new Error("half-way") }),
    () => Promise.reject(new Error("down")),
    () => {
      throw new Error("down");
    },
  ];
  for (const answer of answers) {
    const { auth, ask } = start([{ scheme: "Basic", opens: "session", fromHeader: answer as never }]);
    assert.equal(denial(await ask("Authorization", basicAda)).code, "unavailable");
    const where = { peer: { address: "", trusted: false }, target: { method: "POST", path: "/" } };
    const outcome = await auth.logIn({ scheme: "Basic", payload: "x" }, where);
    assert.equal((outcome as { code?: string }).code, "unavailable");
    assert.deepEqual(await auth.sessions.list(), []);
  }
});

test("a handler that settles after its deadline makes no session", async () => {
  const settle: ((verdict: unknown) => void)[] = [];
  const late = () => new Promise((resolve) => settle.push(resolve));
  const { auth, ask, advance } = start([{ scheme: "Basic", opens: "session", fromHeader: late as never }]);
  const decision = ask("Authorization", basicAda);
  advance(1_000);
  for (const each of settle) each({ kind: "accepted", identity: { subject: "ada" } });
  assert.equal(denial(await decision).code, "unavailable");
  assert.deepEqual(await auth.sessions.list(), []);
});

/** A log-in looks for a proof of possession first: then its handler was asked. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("a handler that waits for a person is given the time that it asks for, by header and by message, and no more", async () => {
  const settle: ((verdict: unknown) => void)[] = [];
  const wait = () => new Promise((resolve) => settle.push(resolve));
  const handler = { scheme: "Wait", opens: "session", timeoutMs: 60_000, fromHeader: wait as never } as const;
  const { auth, ask, advance } = start([handler]);
  const context = { peer: { address: "", trusted: false }, target: { method: "POST", path: "/" } };
  const both = () => [ask("Authorization", "Wait x"), auth.logIn({ scheme: "wait", payload: "x" }, context)] as const;
  const inTime = both();
  await turn();
  advance(59_999);
  for (const each of settle.splice(0)) each({ kind: "accepted", identity: { subject: "ada" } });
  assert.deepEqual([(await inTime[0]).kind, (await inTime[1]).kind], ["allowed", "opened"]);
  const late = both();
  await turn();
  advance(60_000);
  assert.deepEqual([(await late[0]).kind, (await late[1]).kind], ["denied", "denied"]);
});

test("a caller that has left gets no session, whatever the handler says later", async () => {
  const settle: ((verdict: unknown) => void)[] = [];
  const wait = () => new Promise((resolve) => settle.push(resolve));
  const { auth } = start([{ scheme: "Wait", opens: "session", fromHeader: wait as never }]);
  const caller = new AbortController();
  const context = { peer: { address: "", trusted: false }, target: { method: "POST", path: "/" } };
  const outcome = auth.logIn({ scheme: "wait", payload: "x" }, { ...context, signal: caller.signal });
  await turn();
  caller.abort();
  for (const each of settle) each({ kind: "accepted", identity: { subject: "ada" } });
  assert.equal((await outcome).kind, "denied");
  assert.deepEqual(await auth.sessions.list(), []);
});

test("unknown, wrong and disabled cost one equal hash each, and are answered in the same words", async () => {
  const seen = new Set<string>();
  for (const login of ["ada:wrong", "mallory:wrong", "mallory:p:q", "eve:p:q", "eve:wrong"]) {
    const { ask, hashed } = start();
    const decision = denial(await ask("Authorization", `Basic ${base64(login)}`));
    seen.add(JSON.stringify([decision, hashed]));
  }
  assert.equal(seen.size, 1, [...seen].join("\n"));
  assert.match([...seen][0] ?? "", /m=19456,t=2,p=1/);
});

test("a remembered password is asked anew once the user file was edited", async () => {
  const { ask, write, path, advance, hashed } = start();
  await ask("Authorization", basicAda);
  await ask("Authorization", basicAda);
  assert.equal(hashed.length, 1, "the second call is remembered");
  write(`ada:${hash}:user:disabled\n`);
  utimesSync(path, 1, 1);
  advance(1_000);
  assert.equal(denial(await ask("Authorization", basicAda)).reason, "invalid_credentials");
});

test("no denial or event shows what was presented", async () => {
  const events: unknown[] = [];
  const { ask } = start(undefined, (event) => events.push(event));
  const secrets = ["s3cret-in-a-token", "hunter2-password", base64("ada:hunter2-password"), "token-as-scheme"];
  for (const value of [
    "Bearer s3cret-in-a-token",
    "PSK s3cret-in-a-token",
    `Basic ${base64("ada:hunter2-password")}`,
    "token-as-scheme",
    "hunter2-password, x",
  ]) {
    events.push(await ask("Authorization", value));
  }
  const shown = inspect(events, { depth: 9 });
  for (const secret of secrets) assert.ok(!shown.includes(secret), secret);
});
