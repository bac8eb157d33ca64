import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { createCookieBrowser } from "../handlers/external/cookie-browser.js";
import { type IdentityProvider, startIdentityProvider } from "../handlers/oidc/identity-provider.js";
import { type RunningExample, runExample } from "./run-example.js";

const secret = "a-secret-of-the-example-0123456789";
let idp: IdentityProvider;
let example: RunningExample;

describe("examples/external", () => {
  before(async () => {
    idp = await startIdentityProvider([
      // A native client may come back to any port of this machine (RFC 8252 §7.3).
      {
        ...{ client_id: "gate", client_secret: secret, application_type: "native" },
        redirect_uris: ["http://127.0.0.1/external/callback"],
      },
    ]);
    example = await runExample("external", { ISSUER: idp.issuer, CLIENT_ID: "gate", CLIENT_SECRET: secret });
  });
  after(async () => {
    await example.stop();
    await idp.close();
  });

  test("the program is logged in when its person has said yes in the browser", async () => {
    const program = spawn(process.execPath, ["dist/examples/external-client.js", example.origin]);
    program.stderr.pipe(process.stderr);
    const browser = createCookieBrowser();
    let printed = "";
    for await (const chunk of program.stdout) {
      printed += String(chunk);
      const [, link, code] = /Open (\S+)\n.* the code (\S+)\n$/.exec(printed) ?? [];
      if (link === undefined || code === undefined) continue;
      const question = await browser.submit(await browser.open(link), { login: "ada" });
      assert.ok(question.text.includes(code), question.text);
      await browser.submit(question, { answer: "yes" });
    }
    assert.match(printed, /logged in as ada\n$/);
  });
});
