import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import type { RequestListener } from "node:http";
import { after, before, beforeEach, describe, test } from "node:test";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { AuthClient } from "../../src/client/auth-client.js";
import { AuthenticationFailedError } from "../../src/client/bearer/authentication-failed-error.js";
import type { AuthClientOptions } from "../../src/client/wires/client-options.js";
import { requirePublicKey } from "../../src/handlers/private-key/verify-signature.js";
import { type Running, rotateAfterMs, start } from "../services/server.js";
import { TalkService } from "../services/talk-service.js";

/** Longer than a nonce lives. */
const silenceMs = 130_000;

const text = (value: string) => ({ value });

async function* texts(...values: string[]) {
  for (const value of values) yield text(value);
}

/** Timers that the test lets go off. */
function timers() {
  const waiting = new Set<() => void>();
  const delay = (_ms: number, done: () => void) => {
    waiting.add(done);
    return () => void waiting.delete(done);
  };
  const goOff = () => {
    for (const done of [...waiting]) done();
  };
  return { delay, goOff };
}

const plain =
  (auth: Running["auth"]): RequestListener =>
  (request, response) => {
    if (request.url === "/moved") {
      response.writeHead(302, { location: "/me?x#y" }).end();
      return;
    }
    request.resume().on("end", () => response.end(auth.caller(request).identity.subject));
  };

describe("a bound client over fetch", () => {
  let server: Running;
  /** What was sent, and what was answered. */
  let sent: { readonly path: string; readonly status: number; readonly headers: Headers }[] = [];

  const watched: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const response = await fetch(request);
    sent.push({ path: new URL(request.url).pathname, status: response.status, headers: request.headers });
    return response;
  };
  const connect = (options: Partial<AuthClientOptions> = {}) =>
    new AuthClient({ baseUrl: server.origin, bind: true, fetch: watched, keepAliveMs: 0, ...options });
  const statuses = () => sent.splice(0).map(({ status }) => status);

  before(async () => {
    server = await start(1, plain);
  });
  beforeEach(() => {
    sent = [];
  });
  after(() => server.close());

  test("the first log-in learns the nonce, and costs one hash; every other call is sent once", async () => {
    const client = connect();
    const { count } = server.verified;
    await client.password("ada", "pass:word");
    assert.deepEqual(statuses(), [401, 200]);
    assert.equal(server.verified.count, count + 1);
    for (let round = 0; round < 20; round++) {
      server.advance(30_000);
      assert.equal(await (await client.fetch("/me?a=b")).text(), "ada");
      await client.ping();
    }
    assert.deepEqual(new Set(statuses()), new Set([200]));
    await client.password("ada", "pass:word");
    assert.deepEqual(statuses(), [200]);
  });

  test("after a long silence a call is repeated once with the new nonce", async () => {
    const client = connect();
    await client.password("ada", "pass:word");
    server.advance(silenceMs);
    statuses();
    assert.equal(await (await client.fetch("/me", { method: "post", body: "again" })).text(), "ada");
    await client.whoAmI();
    assert.deepEqual(statuses(), [401, 200, 200]);
  });

  test("a body that can be sent once only waits for a fresh nonce", async () => {
    const { delay, goOff } = timers();
    const client = connect({ delay });
    await client.password("ada", "pass:word");
    const send = async () => {
      const body = new Blob(["once"]).stream();
      return (await client.fetch("/me", { method: "POST", body, duplex: "half" } as RequestInit)).status;
    };
    statuses();
    assert.equal(await send(), 200);
    assert.equal(sent.splice(0).length, 1);
    server.advance(silenceMs);
    goOff();
    assert.equal(await send(), 200);
    assert.deepEqual(
      sent.map(({ path }) => path.split("/").at(-1)),
      ["Refresh", "Refresh", "me"],
    );
  });

  test("a log-in by a private key is bound too, and its challenge outlives the question for a nonce", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const spki = publicKey.export({ type: "spki", format: "der" }).toString("base64");
    server.enrolled.set("bob", requirePublicKey(spki).fingerprint);
    const client = connect();
    await client.privateKey(String(privateKey.export({ type: "pkcs8", format: "pem" })), { user: "bob" });
    assert.deepEqual(statuses(), [200, 401, 200]);
    assert.equal(await (await client.fetch("/me")).text(), "bob");
    assert.match(sent[0]?.headers.get("authorization") ?? "", /^DPoP /);
    await client.close();
  });

  test("every proof is another, and its token is under the scheme DPoP", async () => {
    const client = connect();
    await client.password("ada", "pass:word");
    sent = [];
    for (let i = 0; i < 5; i++) await client.ping();
    await client.fetch("/me");
    const proofs = sent.map(({ headers }) => headers.get("dpop"));
    assert.equal(new Set(proofs).size, 6);
    for (const { headers } of sent) assert.equal(headers.get("authorization"), `DPoP ${client.token}`);
  });

  test("a copied token is worth nothing: as a bearer, with a used proof, or from another client", async () => {
    const client = connect();
    await client.password("ada", "pass:word");
    sent = [];
    assert.equal((await client.fetch("/me")).status, 200);
    const [seen] = sent;
    assert.ok(seen);
    const url = `${server.origin}/me`;
    const tries = [
      { authorization: `Bearer ${client.token}` },
      { authorization: `DPoP ${client.token}` },
      { authorization: `Bearer ${client.token}`, dpop: seen.headers.get("dpop") ?? "" },
      Object.fromEntries(seen.headers),
    ];
    for (const headers of tries) {
      const refused = await fetch(url, { headers });
      assert.equal(refused.status, 401);
      assert.equal(refused.headers.get("sallyport-reason"), "invalid_dpop_proof");
      assert.match(refused.headers.get("www-authenticate") ?? "", /^DPoP .*error="invalid_dpop_proof"/);
    }
    assert.equal((await client.fetch("/me")).status, 200, "and the session goes on");
  });

  test("rotation is followed under the scheme DPoP", async () => {
    const client = connect();
    await client.password("ada", "pass:word");
    await client.ping();
    const { token } = client;
    server.advance(rotateAfterMs);
    const response = await client.fetch("/me");
    assert.match(response.headers.get("authorization") ?? "", /^DPoP sps_/);
    assert.equal(response.headers.get("cache-control"), "no-store");
    assert.notEqual(client.token, token);
    assert.equal((await client.fetch("/me")).status, 200);
  });

  test("a GET that is redirected is repeated with a proof for where it goes", async () => {
    const client = connect();
    await client.password("ada", "pass:word");
    const response = await client.fetch("/moved");
    assert.equal(response.status, 200);
    assert.equal(await response.text(), "ada");
  });

  test("a nonce that the answer brings is not stored by a cache", async () => {
    const client = connect();
    await client.password("ada", "pass:word");
    server.advance(65_000);
    const response = await client.fetch("/me");
    assert.match(response.headers.get("dpop-nonce") ?? "", /^[\w-]{32}$/);
    assert.equal(response.headers.get("cache-control"), "no-store");
  });

  test("close ends the session on the server", async () => {
    const client = connect();
    await client.password("bob", "hunter2");
    assert.equal((await server.auth.sessions.list({ subject: "bob" })).length, 1);
    await client.close();
    assert.deepEqual(await server.auth.sessions.list({ subject: "bob" }), []);
  });

  test("a proof that is refused at log-in says nothing about the password", async () => {
    await assert.rejects(connect().password("ada", "wrong"), AuthenticationFailedError);
    const client = connect({
      fetch: (input, init) => {
        const request = new Request(input, init);
        request.headers.set("dpop", "junk");
        return fetch(request);
      },
    });
    await assert.rejects(client.password("ada", "pass:word"), (error) => {
      assert.ok(error instanceof ConnectError && !(error instanceof AuthenticationFailedError));
      return error.metadata.get("sallyport-reason") === "invalid_dpop_proof";
    });
  });

  test("a session that was not bound is an error, and not used", async () => {
    const client = connect({
      fetch: (input, init) => {
        const request = new Request(input, init);
        request.headers.delete("dpop"); // an old server does not see it
        return fetch(request);
      },
    });
    await assert.rejects(client.password("ada", "pass:word"), { code: Code.FailedPrecondition, message: /bind/ });
    assert.equal(client.token, undefined);
  });
});

test("over gRPC a stream of messages is opened with a fresh nonce after a long silence", async () => {
  const server = await start(2);
  const { delay, goOff } = timers();
  const client = new AuthClient({
    baseUrl: server.origin,
    bind: true,
    delay,
    transport: ({ baseUrl, interceptors }) => createGrpcTransport({ baseUrl, interceptors }),
  });
  try {
    await client.password("ada", "pass:word");
    const talk = createClient(TalkService, client.transport);
    server.advance(silenceMs);
    goOff();
    const answers: string[] = [];
    for await (const { value } of talk.chat(texts("a", "b"))) answers.push(value);
    assert.deepEqual(answers, ["a", "b"]);
    server.advance(silenceMs);
    await assert.rejects(talk.gather(texts("a")), { code: Code.Unauthenticated }, "the control: it was thought fresh");
    assert.equal((await talk.gather(texts("a", "b"))).value, "ab", "the refusal has brought one");
  } finally {
    await server.close();
  }
});
