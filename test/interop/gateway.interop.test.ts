// The gateway as an operator configures it, in cleartext and over TLS.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pino } from "pino";
import { type Served, serveFile } from "../../src/gateway/run/serve-file.js";
import { hashPassword } from "../../src/handlers/password/hash.js";
import { keyFile } from "../../src/keys/key-file.js";
import { type Certificates, makeCertificates } from "../gateway/make-certificates.js";
import { readEnvironment, runDriver } from "./environment.js";
import { anonymousClass, key, pskClass } from "./people.js";

const { python } = readEnvironment();
const folder = mkdtempSync(join(tmpdir(), "sallyport-interop-"));
const certificates = makeCertificates() as Certificates;
let served: Served;

before(async () => {
  const { key: tlsKey, cert } = certificates.make("localhost");
  writeFileSync(join(folder, "users"), `user:${await hashPassword("p:w")}:user\n`, { mode: 0o600 });
  keyFile(join(folder, "keys.json"), { create: true });
  writeFileSync(
    join(folder, "gate.yaml"),
    `
listen:
  - { address: 127.0.0.1:0 }
  - { address: 127.0.0.1:0, tls: { cert: ${cert}, key: ${tlsKey} } }
keys: { file: ./keys.json }
store: { sqlite: ./sallyport.db }
throttle: { off: true }
handlers:
  Basic: { users: ./users }
  PSK: { keys: { robot: { sha256: ${await sha256(key)} } } }
  Anonymous: { anonymous: { subject: guest } }
aliases: { ${pskClass}: PSK, ${anonymousClass}: Anonymous }
services:
  flight: {}
  deephavenCore: { session: { rotateAfter: 1s, overlap: 200ms, idle: 5s } }
routes: [{ match: { path: / }, upstream: app }]
upstreams: { app: { url: "http://127.0.0.1:9" } }
`,
  );
  served = await serveFile(join(folder, "gate.yaml"), { log: pino({ level: "silent" }) });
});
after(async () => {
  await served.stop();
  certificates.remove();
  rmSync(folder, { recursive: true });
});

async function sha256(text: string): Promise<string> {
  return Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(text))).toString("hex");
}

const port = (index: number) => String(served.gateway.addresses()[index]?.port);
const driver = (name: string, ...args: string[]) => runDriver(python, [`test/interop/python/${name}.py`, ...args]);

describe("the gateway", { concurrency: true }, () => {
  test("pydeephaven stays for ten keep-alives in cleartext, and is dead after it closed", async () => {
    const seen = new Map(
      (await driver("core", port(0), "user", "p:w", pskClass, key, "60")).map(({ name, saw }) => [name, saw]),
    );
    for (const way of ["Basic", "Anonymous", "PSK"]) {
      assert.equal(seen.get(`${way}: connects`), "with a token");
      assert.equal(seen.get(`${way}: tokens after ten keep-alives`), 11);
      assert.equal(seen.get(`${way}: the last token after close`), "UNAUTHENTICATED");
    }
  });

  test("pydeephaven and pyarrow log in over TLS, and only to whom they trust", async () => {
    const seen = await driver("tls", port(1), certificates.ca, "user", "p:w");
    const { "pyarrow, another CA": stranger, ...friends } = Object.fromEntries(
      seen.map(({ name, saw }) => [name, saw]),
    );
    assert.deepEqual(friends, {
      pydeephaven: "ok",
      "pydeephaven, wrong password": "DHError",
      pyarrow: "ok",
      "pyarrow, wrong password": "FlightUnauthenticatedError",
    });
    assert.notEqual(stranger, "ok");
  });
});
