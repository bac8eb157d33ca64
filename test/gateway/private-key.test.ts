import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { AuthClient } from "../../src/client/auth-client.js";
import { AuthenticationFailedError } from "../../src/client/bearer/authentication-failed-error.js";
import { runCli } from "../cli/run-cli.js";
import { configText, runGateway } from "./running-gateway.js";

test("a key that keygen made logs in at the gateway, and the upstream sees who it is", async (t) => {
  const { files, upstream, origin, configure, reload, logged } = await runGateway(t);
  const { out } = await runCli(["keygen", "--user", "ada", "--dir", files.directory]);
  files.write("authorized_keys", out.replace("ada ", 'ada roles="user" '));
  const entry = "PublicKey: { authorizedKeys: { file: ./authorized_keys } }";
  const text = configText(upstream.url, "{ match: { path: / }, roles: [user], upstream: app }");
  configure(text.replace("handlers: {", `handlers: { ${entry},`));
  reload();

  const keyFile = readFileSync(`${files.directory}/priv-ada.base64.txt`, "utf8");
  const client = new AuthClient({ baseUrl: origin });
  const caller = await client.privateKey(keyFile);
  assert.equal(caller?.identity?.subject, "ada");
  assert.equal((await client.fetch("/")).status, 200);
  assert.equal(upstream.requests.at(-1)?.headers["x-sallyport-subject"], "ada");
  await client.close();

  await assert.rejects(
    new AuthClient({ baseUrl: origin }).privateKey(keyFile, { user: "bob" }),
    AuthenticationFailedError,
  );
  const secret = /private (\S+)/.exec(keyFile)?.[1] ?? "";
  assert.ok(logged.length > 0 && !JSON.stringify(logged).includes(secret.slice(50, 80)));
});
