import assert from "node:assert/strict";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { text } from "node:stream/consumers";
import { after, before, beforeEach, describe, test } from "node:test";
import { AuthClient } from "../../../src/client/auth-client.js";
import { createAuthFetch } from "../../../src/client/bearer/auth-fetch.js";
import { createBearer } from "../../../src/client/bearer/bearer.js";
import { parseToken } from "../../../src/client/bearer/token-holder.js";
import { listen, overlapMs, type Running, rotateAfterMs, start } from "../../services/server.js";
import { makeToken } from "../make-token.js";

interface Seen {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What arrived at the guarded service, and at an origin that is none of ours. */
const seen: Seen[] = [];
const elsewhereSeen: Seen[] = [];
let elsewhereAnswer: { readonly status: number; readonly headers: Record<string, string> } = {
  status: 200,
  headers: {},
};
let server: Running;
let elsewhere: { origin: string; close(): Promise<void> };
let client: AuthClient;

describe("client/bearer/auth-fetch", () => {
  before(async () => {
    elsewhere = await listen(
      createServer(async (request, response) => {
        elsewhereSeen.push({ url: request.url ?? "", headers: request.headers, body: await text(request) });
        response.writeHead(elsewhereAnswer.status, elsewhereAnswer.headers).end("elsewhere");
      }),
    );
    server = await start(1, (auth) => async (request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? "", "http://localhost");
      seen.push({ url: request.url ?? "", headers: request.headers, body: await text(request) });
      if (pathname === "/redirect") response.writeHead(307, { location: searchParams.get("to") ?? "" }).end();
      else if (pathname === "/forbidden") response.writeHead(403).end("no");
      else response.end(`${auth.caller(request).identity.subject} ${pathname}`);
    });
  });
  beforeEach(async () => {
    client = new AuthClient({ baseUrl: server.origin });
    await client.password("ada", "pass:word");
    await client.ping();
    seen.length = 0;
    elsewhereSeen.length = 0;
    elsewhereAnswer = { status: 200, headers: {} };
  });
  after(async () => {
    await server.close();
    await elsewhere.close();
  });

  async function endSession(): Promise<void> {
    const { session } = await client.whoAmI();
    assert.equal(await server.auth.sessions.end(session?.ref ?? ""), true);
  }

  test("presents the token, to a relative URL too, and follows its rotation, on an error answer as well", async () => {
    assert.equal(await (await client.fetch("/me")).text(), "ada /me");
    for (const [round, path] of ["/me", "/forbidden", `${server.origin}/me`].entries()) {
      server.advance(rotateAfterMs);
      const response = await client.fetch(path);
      assert.equal(response.status, path === "/forbidden" ? 403 : 200);
      assert.equal(parseToken(client.token ?? "")?.generation, round + 2);
      await client.fetch(new URL("/me", server.origin));
      server.advance(overlapMs);
    }
  });

  test("keeps the method, the headers and the body of a request", async () => {
    const form = new URLSearchParams({ a: "1" });
    await client.fetch("/me?x=1", { method: "PUT", body: form, headers: { "x-own": "yes" } });
    await client.fetch(
      new Request(`${server.origin}/me`, { method: "POST", body: "text", headers: { "x-own": "too" } }),
    );
    assert.deepEqual(
      seen.map(({ url, headers, body }) => [url, headers["x-own"], headers["content-type"], body]),
      [
        ["/me?x=1", "yes", "application/x-www-form-urlencoded;charset=UTF-8", "a=1"],
        ["/me", "too", "text/plain;charset=UTF-8", "text"],
      ],
    );
    assert.deepEqual(new Set(seen.map(({ headers }) => headers.authorization)), new Set([`Bearer ${client.token}`]));
  });

  test("another origin is never sent the token: not directly, not by a redirect, not with another port or scheme", async () => {
    await client.fetch(elsewhere.origin);
    await client.fetch(`/redirect?to=${encodeURIComponent(`${elsewhere.origin}/landed`)}`);
    await client.fetch(new Request(`${elsewhere.origin}/request`));
    assert.deepEqual(
      elsewhereSeen.map(({ url }) => url),
      ["/", "/landed", "/request"],
    );
    assert.deepEqual(
      elsewhereSeen.map(({ headers }) => headers.authorization),
      [undefined, undefined, undefined],
    );
    const sent: (string | null)[] = [];
    const authFetch = createAuthFetch({
      baseUrl: "http://service.example:8080/base/",
      bearer: createBearer({ token: makeToken(1, 1) }),
      fetch: async (_input, init) => {
        sent.push(new Headers(init?.headers).get("authorization"));
        return new Response();
      },
    });
    for (const url of [
      "https://service.example:8080/",
      "http://service.example/",
      "http://service.example.evil:8080/",
      "http://service.example:8080@evil/",
      "//evil:8080/",
      "\\\\evil:8080/",
    ]) {
      await authFetch(url);
    }
    assert.deepEqual(new Set(sent), new Set([null]));
    await authFetch("me");
    assert.equal(sent.at(-1), `Bearer ${makeToken(1, 1)}`);
  });

  test("a redirect inside the origin keeps the token", async () => {
    assert.equal(await (await client.fetch("/redirect?to=/me")).text(), "ada /me");
  });

  test("what another origin answers after a redirect is no reason to log in, and its token is not taken", async () => {
    const bearer = createBearer({ token: makeToken(1, 1), logIn: () => Promise.reject(new Error("must not log in")) });
    const authFetch = createAuthFetch({ baseUrl: server.origin, bearer });
    elsewhereAnswer = {
      status: 401,
      headers: { "sallyport-reason": "expired", authorization: `Bearer ${makeToken(1, 2)}` },
    };
    const front = await listen(
      createServer((_request, response) => response.writeHead(302, { location: elsewhere.origin }).end()),
    );
    const response = await createAuthFetch({ baseUrl: front.origin, bearer })("/");
    assert.equal(response.status, 401);
    assert.equal(bearer.token, makeToken(1, 1));
    assert.equal((await authFetch(elsewhere.origin)).status, 401);
    assert.equal(bearer.token, makeToken(1, 1));
    await front.close();
  });

  test("64 parallel requests that find the session ended cause one log-in, and all succeed", async () => {
    await endSession();
    const checked = server.verified.count;
    const bodies = await Promise.all(
      Array.from({ length: 64 }, async () => (await client.fetch("/me", { method: "POST", body: "again" })).text()),
    );
    assert.deepEqual(new Set(bodies), new Set(["ada /me"]));
    assert.equal(seen.length, 64);
    assert.equal(server.verified.count, checked + 1);
  });

  test("a body that can be sent twice is, and a stream is not", async () => {
    const bytes = new TextEncoder().encode("body");
    const form = new FormData();
    form.set("a", "1");
    for (const body of ["body", bytes, bytes.buffer, new Blob(["body"]), form, new URLSearchParams("a=1")]) {
      await endSession();
      assert.equal((await client.fetch("/me", { method: "POST", body })).status, 200);
    }
    await endSession();
    const stream = new Blob(["body"]).stream();
    const refused = await client.fetch("/me", { method: "POST", body: stream, duplex: "half" } as RequestInit);
    assert.equal(refused.status, 401);
    assert.equal(((await refused.json()) as { reason: string }).reason, "revoked");
    assert.equal((await client.fetch("/me")).status, 200);
    await endSession();
    const request = new Request(`${server.origin}/me`, { method: "POST", body: "body" });
    assert.equal((await client.fetch(request)).status, 401);
    assert.equal((await client.fetch("/me")).status, 200);
  });

  test("a store that cannot answer keeps the token", async () => {
    server.advance(rotateAfterMs);
    const { token } = client;
    server.broken.store = true;
    assert.equal((await client.fetch("/me")).status, 503);
    server.broken.store = false;
    assert.equal(client.token, token);
    assert.equal((await client.fetch("/me")).status, 200);
  });

  test("a request with an Authorization of its own is left alone", async () => {
    const authorization = `Basic ${btoa("bob:hunter2")}`;
    assert.equal(await (await client.fetch("/me", { headers: { authorization } })).text(), "bob /me");
    const refused = await client.fetch("/me", { headers: { authorization: "Basic x" } });
    assert.equal(refused.status, 401);
    assert.equal(await (await client.fetch("/me")).text(), "ada /me");
  });
});
