import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { toFaultText } from "../../src/gateway/config/document.js";
import { parseConfig } from "../../src/gateway/config/parse-config.js";
import { toReference, toSchemaFile } from "../../src/gateway/config/reference.js";
import { gatewayFiles } from "./gateway-files.js";
import { makeCertificates } from "./make-certificates.js";

const certificates = makeCertificates();

test("every configuration in the documentation works as it is written", {
  skip: certificates ? false : "openssl is not installed",
}, async (t) => {
  const files = await gatewayFiles(t);
  const secret = "mI6yGqF0b1Vd3kq8xT5nPw2sLz7cRj4u";
  files.write("users.txt", readFileSync(`${files.directory}/users.yaml`, "utf8"));
  files.write("backup.key", `${secret.split("").reverse().join("")}\n`);
  files.write("upstream.key", `Bearer ${secret}\n`);
  files.write("client-secret", `${secret}\n`);
  const made = certificates?.make("localhost");
  assert.ok(made);
  t.after(() => certificates?.remove());
  files.write("ca.pem", certificates?.caPem().toString() ?? "");
  files.write("cert.pem", readFileSync(made.cert, "utf8"));
  files.write("key.pem", readFileSync(made.key, "utf8"));
  const documents = ["README.md", "docs/gateway.md"].map((file) => readFileSync(file, "utf8")).join("\n");
  const blocks = [...documents.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = ""]) => text);
  assert.ok(blocks.length >= 4);
  for (const text of [...blocks, readFileSync("examples/forward-auth/gate.yaml", "utf8")]) {
    const parsed = parseConfig(text, { file: files.config, environment: { ROBOT_KEY: secret, DECIDE_TOKEN: secret } });
    assert.deepEqual(parsed.kind === "faults" ? parsed.faults.map(toFaultText) : [], []);
  }
});

test("the reference and the schema for editors are made from the schema in use", () => {
  assert.equal(readFileSync("docs/configuration.md", "utf8"), toReference());
  assert.equal(readFileSync("gate.schema.json", "utf8"), toSchemaFile());
});
