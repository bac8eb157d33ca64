import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { AuthClient } from "../../src/client/auth-client.js";
import { createExternalLink } from "../../src/client/external-link.js";
import { toFaultText } from "../../src/gateway/config/document.js";
import { loadConfig, parseConfig } from "../../src/gateway/config/parse-config.js";
import { explainRequest } from "../../src/gateway/run/explain.js";
import { createCookieBrowser } from "../handlers/external/cookie-browser.js";
import { startIdentityProvider } from "../handlers/oidc/identity-provider.js";
import { gatewayFiles, sketch } from "./gateway-files.js";
import { configText, runGateway } from "./running-gateway.js";

const secret = "a-secret-of-the-gateway-0123456789";

async function start(t: TestContext, more = "") {
  const gateway = await runGateway(t);
  // A native client may come back to any port of this machine (RFC 8252 §7.3).
  const idp = await startIdentityProvider([
    {
      ...{ client_id: "gate", client_secret: secret, application_type: "native" },
      redirect_uris: ["http://127.0.0.1/external/callback"],
    },
  ]);
  t.after(() => idp.close());
  idp.claims = { groups: ["ops"] };
  gateway.files.write("secret", `${secret}\n`);
  const url = `${gateway.origin}/external`;
  const text = configText(gateway.upstream.url, "{ match: { path: / }, roles: [user], upstream: app }").replace(
    /handlers:.*/,
    `handlers:
  External:
    external:
      issuer: "${idp.issuer}"
      clientId: gate
      clientSecret: { file: ./secret }
      url: "${url}"
      scope: openid profile
      rolesClaim: groups
      groupRoles: { ops: [user] }`,
  );
  gateway.configure(text + more);
  gateway.reload();
  return { ...gateway, idp, url };
}

async function browse(link: string, headers: Record<string, string> = {}) {
  const browser = createCookieBrowser(headers);
  const page = await browser.submit(await browser.open(link), { login: "ada" });
  return { page, answer: () => browser.submit(page, { answer: "yes" }) };
}

test("a program waits at the gateway, its person logs in there, and the upstream is told who it is", async (t) => {
  const { origin, url, upstream, logged } = await start(t);
  const client = new AuthClient({ baseUrl: origin });
  const { key, link, code } = await createExternalLink(url);
  const waiting = client.external(key);
  const { page, answer } = await browse(link);
  assert.ok(page.text.includes(code));
  await answer();
  assert.equal((await waiting)?.identity?.subject, "ada");
  const { headers } = (await (await client.fetch("/x")).json()) as { headers: Record<string, string> };
  assert.equal(headers["x-sallyport-subject"], "ada");
  assert.equal(headers["x-sallyport-roles"], "user");
  assert.equal(upstream.requests.length, 1, "its own pages reach no upstream");
  await client.close();
  const lines = JSON.stringify(logged);
  assert.match(lines, /"path":"\/external\/login"/);
  assert.ok(!lines.includes(encodeURIComponent(key)) && !lines.includes(secret) && !lines.includes("code="));
});

test("a reload in the middle of it disturbs nobody", async (t) => {
  const { origin, url, reload } = await start(t);
  const client = new AuthClient({ baseUrl: origin });
  const { key, link } = await createExternalLink(url);
  const waiting = client.external(key);
  const { answer } = await browse(link);
  reload();
  await answer();
  assert.equal((await waiting)?.identity?.subject, "ada");
  await client.close();
});

test("behind a trusted proxy the addresses are those that it says", async (t) => {
  const { origin, url } = await start(t, "trustedProxies: [127.0.0.1/32]\n");
  const fetchFrom = (address: string): typeof fetch => {
    return (input, init) => {
      const headers = new Headers(init?.headers);
      headers.set("x-forwarded-for", address);
      return fetch(input, { ...init, headers });
    };
  };
  const thief = new AuthClient({ baseUrl: origin, fetch: fetchFrom("192.0.2.1") });
  const { key, link } = await createExternalLink(url);
  const waiting = thief.external(key);
  const [{ page }] = await Promise.all([
    browse(link, { "x-forwarded-for": "198.51.100.7" }),
    assert.rejects(waiting, /not accepted|invalid|denied|credentials/i),
  ]);
  assert.match(page.text, /on another machine/);
});

test("its pages are those three, whatever the routes say, and nothing near them", async (t) => {
  const { origin, upstream, files } = await start(t);
  const statusOf = async (path: string) => (await fetch(origin + path, { redirect: "manual" })).status;
  for (const path of ["/external/login", "/external/callback", "//external/login", "/external/x/../login"]) {
    assert.equal(await statusOf(path), 400, path);
  }
  assert.equal(await statusOf("/external/confirm"), 405);
  for (const path of ["/external", "/external/", "/external/login/", "/external/loginx", "/x/external/login"]) {
    assert.equal(await statusOf(path), 401, path);
  }
  assert.equal(upstream.requests.length, 0);
  const explained = await explainRequest(loadConfig(files.config), {
    ...{ method: "GET", url: "/external/login?key=x", httpVersion: "1.1" },
    rawHeaders: ["Host", "gate.example"],
    headers: { host: "gate.example" },
  } as never);
  assert.equal(explained.answeredBy, "a page of the log-in in the browser");
});

test("what cannot be right is found with its line; a secret in the file itself is", async (t) => {
  const files = await gatewayFiles(t);
  const faultOf = (entry: string) => {
    const text = sketch.replace(/ {2}Bearer: .*\n/, `  ${entry}\n`);
    const parsed = parseConfig(text, { file: files.config });
    return parsed.kind === "faults" ? parsed.faults.map(toFaultText).join("\n") : "";
  };
  const base = "issuer: https://idp.example, clientId: gate, url: https://gate.example/external";
  assert.equal(faultOf(`External: { external: { ${base} } }`), "");
  for (const [entry, message] of [
    [`External: { external: { ${base}, clientSecret: in-the-file } }`, /clientSecret holds the secret itself/],
    [`External: { external: { issuer: https://idp.example } }`, /clientId is missing[\s\S]*url is missing/],
    [`External: { external: { ${base.replace("https://gate", "http://gate")} } }`, /external: url must be https/],
    [`External: { external: { ${base}%20x } }`, /the path may have letters, digits/],
    [
      `External: { external: { ${base}, wait: 10m } }`,
      /waitMs must be a whole number of milliseconds from 1 to 590000/,
    ],
    [`Browser: { external: { ${base} } }`, /external answers for the scheme External/],
  ] as const) {
    assert.match(faultOf(entry), message, entry);
  }
});
