// Deephaven Enterprise's own client, grpc-js and our client, against a gateway that speaks its wire.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync, type KeyPairKeyObjectResult } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { Client, credentials } from "@grpc/grpc-js";
import { hashPassword, keyFile } from "sallyport";
import { AuthClient, AuthenticationFailedError } from "sallyport/client";
import {
  AuthenticateByPasswordRequestSchema,
  AuthenticateByPasswordResponseSchema,
} from "../../src/gen/io/deephaven/proto/auth/auth_pb.js";
import { runCli } from "../cli/run-cli.js";
import { type Certificates, makeCertificates } from "../gateway/make-certificates.js";
import { spkiOf } from "../wire/keys.js";
import { readEnvironment, runDriver } from "./environment.js";

const password = "correct horse: bättery";
const directory = mkdtempSync(join(tmpdir(), "sallyport-enterprise-"));
const file = (name: string) => join(directory, name);

interface RunningGateway {
  readonly process: ChildProcess;
  /** Of TLS first. */
  readonly ports: readonly number[];
}

let certificates: Certificates | undefined;
let gateway: RunningGateway;
let doomed: RunningGateway;

before(async () => {
  certificates = makeCertificates();
  assert.ok(certificates, "needs openssl: apt-get install openssl");
  const { cert, key } = certificates.make("localhost");
  keyFile(file("keys.json"), { create: true });
  const hash = await hashPassword(password);
  const users = ["ada", "bob", "carol"].map((name) => `${name}:${hash}:user\n`).join("");
  writeFileSync(file("users.yaml"), users, { mode: 0o600 });
  writeFileSync(file("authorized_keys"), await makeKeys(), { mode: 0o600 });
  for (const [name, store] of [
    ["gate.yaml", "sqlite: ./sallyport.db"],
    ["doomed.yaml", "memory: true"],
  ] as const) {
    writeFileSync(file(name), configOf(store, cert, key), { mode: 0o600 });
  }
  [gateway, doomed] = await Promise.all([serve("gate.yaml"), serve("doomed.yaml")]);
});

after(async () => {
  gateway?.process.kill("SIGTERM");
  doomed?.process.kill("SIGKILL");
  rmSync(directory, { recursive: true, force: true });
  certificates?.remove();
});

function configOf(store: string, cert: string, key: string): string {
  return `\
listen:
  - { address: 127.0.0.1:0, tls: { cert: ${cert}, key: ${key} } }
  - { address: 127.0.0.1:0 }
keys: { file: ./keys.json }
store: { ${store} }
handlers:
  Basic: { users: ./users.yaml }
  PublicKey: { authorizedKeys: { file: ./authorized_keys, rawChallenges: true, allowLegacyDsa: true } }
throttle: { off: true } # it guesses on purpose
operateAs: { rules: [{ actors: [ada], targets: [bob] }] }
services:
  deephavenEnterprise: { cookieLife: 126s, verifyTokenFrom: [127.0.0.0/8], delegateServices: [worker] }
routes: [{ match: { path: / }, upstream: app }]
upstreams: { app: { url: "http://127.0.0.1:9" } }
log: { level: silent }
`;
}

/** The command, as an operator runs it. */
async function serve(name: string): Promise<RunningGateway> {
  const child = spawn(process.execPath, ["dist/src/cli/main.js", "serve", "--config", file(name)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  for await (const chunk of child.stderr) {
    said += String(chunk);
    if (said.includes("\n")) break;
  }
  const ports = [...said.matchAll(/:(\d+)/g)].map(([, port]) => Number(port));
  assert.equal(ports.length, 2, said);
  return { process: child, ports };
}

/** Private files by `sallyport keygen`, and two made by hand as documented. @returns the file of authorized keys. */
async function makeKeys(): Promise<string> {
  let authorized = "";
  for (const [folder, ...words] of [["own"], ["bob", "--operate-as", "bob"]]) {
    const to = mkdtempSync(`${file(folder ?? "")}-`);
    const { out, err, code } = await runCli(["keygen", "--user", "ada", "--dir", to, ...words]);
    assert.equal(code, 0, err);
    authorized += out;
    keys.set(`keygen for ${folder}`, join(to, "priv-ada.base64.txt"));
  }
  const byHand = (name: string, { publicKey, privateKey }: KeyPairKeyObjectResult, sentinel: string) => {
    const value = (der: Buffer) => Buffer.concat([Buffer.from(sentinel), der]).toString("base64");
    const spki = value(spkiOf({ publicKey, privateKey }));
    const pkcs8 = value(privateKey.export({ type: "pkcs8", format: "der" }));
    const lines = [
      "# made by hand",
      "",
      `operateas\tada # and nobody else`,
      `private   ${pkcs8}`,
      "user ada",
      `public ${spki}`,
    ];
    writeFileSync(file(name), `${lines.join("\n")}\n`, { mode: 0o600 });
    keys.set(name, file(name));
    authorized += `ada ${spki}\n`;
  };
  byHand("EC by hand", generateKeyPairSync("ec", { namedCurve: "P-256" }), "EC:");
  byHand("DSA by hand", generateKeyPairSync("dsa", { modulusLength: 1024, divisorLength: 160 }), "");
  return authorized;
}

const keys = new Map<string, string>();

const eachWay = {
  "get_token before a log-in": "FAILED_PRECONDITION, NOT_AUTHENTICATED",
  "ping before a log-in": "False",
  "wrong password": "AuthenticationFailedException",
  "unknown user": "AuthenticationFailedException",
  password: "ok",
  "whose token": "ada as ada",
  "password, not allowed to operate as": "AuthenticationFailedException",
  "password, effective_user": "ok",
  "whose token then": "ada as bob",
  "private_key, keygen for own": "ok",
  "whose token by keygen for own": "ada as ada",
  "private_key, keygen for bob": "ok",
  "whose token by keygen for bob": "ada as bob",
  "private_key, EC by hand": "ok",
  "whose token by EC by hand": "ada as ada",
  "private_key, DSA by hand": "ok",
  "whose token by DSA by hand": "ada as ada",
  "private_key of somebody else": "AuthenticationFailedException",
  "verifyToken, once and twice": "[True, False]",
  "verifyToken by another service, then by the right one": "[False, False]",
  "verifyToken of changed names": "False",
  "delegate token": "ok",
  "delegate token again": "AuthenticationFailedException",
  "whose token by it": "ada as ada",
  ping: "True",
  "ping after close": "False",
  "close twice": "ok",
  "get_token by a dead cookie": "FAILED_PRECONDITION, NOT_AUTHENTICATED",
  "retry_with_token by it": "FAILED_PRECONDITION, NOT_AUTHENTICATED, at once: True",
} as const;

const atTheEnd = {
  "refreshed in the background within 25 s, at least four times": "True",
  "and its thread lives": "True",
  "and it still gets tokens": "ok",
  "stopped gateway: password": "DEADLINE_EXCEEDED",
  "stopped gateway: get_token": "DEADLINE_EXCEEDED",
  "stopped gateway: ping": "DEADLINE_EXCEEDED",
  "stopped gateway: is a refusal": "False",
} as const;

test("Deephaven Enterprise's AuthClient in Python, over TLS with a CA of our own and over a channel of its owner's", async () => {
  const [tls, plain] = gateway.ports;
  const given = {
    password,
    ca: certificates?.ca,
    tls: { host: "localhost", port: tls },
    insecure: `127.0.0.1:${plain}`,
    keys: Object.fromEntries(keys),
    doomed: { address: `127.0.0.1:${doomed.ports[1]}`, pid: doomed.process.pid },
  };
  const seen = await runDriver(readEnvironment().python, ["test/interop/python/enterprise.py", JSON.stringify(given)]);
  const wanted = Object.entries({
    ...prefixed("TLS, host and port", eachWay),
    ...prefixed("a channel of one's own", eachWay),
    ...atTheEnd,
  });
  assert.deepEqual(
    seen.map(({ name, saw }) => [name, saw]),
    wanted,
  );
  if (doomed.process.exitCode === null) await once(doomed.process, "exit");
  assert.equal(doomed.process.exitCode, 0, "it stopped in peace");
});

function prefixed(name: string, all: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(all).map(([what, saw]) => [`${name}: ${what}`, saw]));
}

test("our client, over TLS and without", async () => {
  const [tls, plain] = gateway.ports;
  const ca = certificates?.caPem();
  for (const options of [
    {
      host: "localhost",
      port: tls ?? 0,
      transport: ({ baseUrl }: { baseUrl: string }) => createGrpcTransport({ baseUrl, nodeOptions: ca ? { ca } : {} }),
    },
    { baseUrl: `http://127.0.0.1:${plain}` },
  ]) {
    const client = new AuthClient({ ...options, protocol: "deephaven-enterprise" });
    await assert.rejects(client.password("ada", "wrong"), AuthenticationFailedError);
    assert.equal((await client.password("ada", password, "bob"))?.identity?.subject, "bob");
    assert.equal((await client.privateKey(readFileSync(keys.get("EC by hand") ?? "", "utf8")))?.actor, undefined);
    const { value } = await client.getToken("RemoteQueryProcessor");
    const redeemed = [1, 2].map(() => client.redeemToken(value, "RemoteQueryProcessor"));
    const names = (await Promise.all(redeemed)).map((each) => each?.caller.identity?.subject);
    assert.deepEqual(names.sort(), ["ada", undefined]);
    assert.equal(await client.ping(), true);
    await client.close();
    assert.equal(await client.ping(), false);
  }
});

test("grpc-js, over TLS and without", async () => {
  const [tls, plain] = gateway.ports;
  for (const [address, secured] of [
    [`localhost:${tls}`, credentials.createSsl(certificates?.caPem())],
    [`127.0.0.1:${plain}`, credentials.createInsecure()],
  ] as const) {
    const client = new Client(address, secured);
    const request = create(AuthenticateByPasswordRequestSchema, {
      userContext: { authenticatedUser: "ada", effectiveUser: "ada" },
      password,
    });
    const { result } = await new Promise<ReturnType<typeof read>>((resolve, reject) =>
      client.makeUnaryRequest(
        "/io.deephaven.proto.auth.grpc.AuthApi/authenticateByPassword",
        (message: typeof request) => Buffer.from(toBinary(AuthenticateByPasswordRequestSchema, message)),
        read,
        request,
        (error, answer) => (answer === undefined ? reject(error) : resolve(answer)),
      ),
    );
    assert.equal(result?.authenticated, true);
    client.close();
  }
});

function read(bytes: Buffer) {
  return fromBinary(AuthenticateByPasswordResponseSchema, bytes);
}
