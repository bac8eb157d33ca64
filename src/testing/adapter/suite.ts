import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { requireArgument } from "../../base/options.js";
import type { Auth } from "../../engine/auth.js";
import { createHttp1Wire, createHttp2Wire, exchange, type Wire } from "./client.js";
import { describeCarriedFields } from "./fields.js";
import { http2Status } from "./http2-frames.js";
import { rpcDenials, showDenial } from "./rpc-denials.js";
import { createScriptedAuth, type ScriptedAuth } from "./scripted-auth.js";

/** A server with the adapter under test in front of the routes of `serveSuiteRoutes`. */
export interface AdapterServer {
  /** The server's origin, `http://127.0.0.1:PORT`. */
  readonly origin: string;
  close(): Promise<void>;
}

/** A protocol of the adapter's server, and how to start the server. */
export interface AdapterCase {
  readonly protocol: "HTTP/1" | "HTTP/2";
  /** Starts a server. Pass `anonymous` to the adapter. */
  start(auth: Auth, options: { readonly anonymous: boolean }): Promise<AdapterServer>;
}

/**
 * Declares the tests that every adapter must pass, for `node:test`, over real sockets.
 *
 * @param name the name of the adapter, for the names of tests
 * @param cases one for each protocol of the adapter's server
 */
export function describeAdapter(name: string, cases: readonly AdapterCase[]): void {
  requireArgument("describeAdapter", "cases", cases, "list");
  for (const adapterCase of cases) {
    describe(`${name} over ${adapterCase.protocol}`, () => describeCase(adapterCase));
  }
}

/** Calls `describeAdapter` for several adapters. */
export function describeAdapters(adapters: Readonly<Record<string, readonly AdapterCase[]>>): void {
  requireArgument("describeAdapters", "adapters", adapters, "object");
  for (const [name, cases] of Object.entries(adapters)) describeAdapter(name, cases);
}

function describeCase({ protocol, start }: AdapterCase): void {
  let auth: ScriptedAuth;
  let server: AdapterServer;
  let open: AdapterServer;
  let wire: Wire;
  let openWire: Wire;
  const createWire = protocol === "HTTP/1" ? createHttp1Wire : createHttp2Wire;

  before(async () => {
    auth = createScriptedAuth();
    server = await start(auth, { anonymous: false });
    open = await start(auth, { anonymous: true });
    wire = createWire(server.origin);
    openWire = createWire(open.origin);
  });
  after(async () => {
    wire.close();
    openWire.close();
    await server.close();
    await open.close();
  });

  for (const [path, status] of answers) {
    for (const token of ["ada.due", "ada.due.slow"]) {
      it(`${path} answers ${status} and carries the token offered to ${token}`, async () => {
        const { headers, ...answer } = await wire.call({ path, headers: ["authorization", `Bearer ${token}`] });
        assert.equal(answer.status, status);
        assert.equal(headers.authorization, "Bearer next-ada");
        assert.equal(headers["cache-control"], "no-store");
        assert.match(String(headers.vary), /\bAuthorization\b/);
      });
    }
    it(`${path} carries no token when none is due, and still varies by Authorization`, async () => {
      const { headers } = await wire.call({ path, headers: ["authorization", "Bearer ada"] });
      assert.equal(headers.authorization, undefined);
      assert.notEqual(headers["cache-control"], "no-store");
      assert.match(String(headers.vary), /\bAuthorization\b/);
    });
  }

  describeCarriedFields(() => wire, answers);

  it("a route's own Vary stays beside ours", async () => {
    const { headers } = await wire.call({ path: "/raw", headers: ["authorization", "Bearer ada"] });
    assert.equal(headers.vary, "Origin, Authorization");
  });

  it("an offer that is not usable any more is dropped", async () => {
    const { headers } = await wire.call({ path: "/me", headers: ["authorization", "Bearer ada.stale"] });
    assert.equal(headers.authorization, undefined);
  });

  it("304 carries no token: a cache would store it", async () => {
    const answer = await wire.call({ path: "/not-modified", headers: ["authorization", "Bearer ada.due"] });
    assert.equal(answer.status, 304);
    assert.equal(answer.headers.authorization, undefined);
  });

  it("a request without credentials is refused with every challenge and the reason", async () => {
    const answer = await wire.call({ path: "/me" });
    assert.equal(answer.status, 401);
    assert.equal(answer.challenges.join(" | "), 'Bearer realm="scripted" | Basic realm="scripted", charset="UTF-8"');
    assert.equal(answer.headers["sallyport-reason"], "no_credentials");
    assert.equal(answer.headers["cache-control"], "no-store");
    assert.match(String(answer.headers.vary), /Authorization/);
    assert.deepEqual(JSON.parse(answer.body.toString()), {
      code: "unauthenticated",
      message: "Log in, 100 % please: Grüße",
      reason: "no_credentials",
    });
  });

  it("HEAD is refused without a body", async () => {
    const answer = await wire.call({ path: "/me", method: "HEAD" });
    assert.equal(answer.status, 401);
    assert.equal(answer.body.length, 0);
    assert.equal(answer.headers["content-length"], undefined);
  });

  it("a superseded token is refused with a reason of its own", async () => {
    const answer = await wire.call({ path: "/me", headers: ["authorization", "Bearer superseded"] });
    assert.equal(answer.status, 401);
    assert.equal(answer.headers["sallyport-reason"], "superseded");
  });

  it("cannot tell is 503 with Retry-After, never 401", async () => {
    const answer = await wire.call({ path: "/me", headers: ["authorization", "Bearer unavailable"] });
    assert.equal(answer.status, 503);
    assert.equal(answer.headers["retry-after"], "1");
    assert.equal(answer.challenges.length, 0);
  });

  for (const [contentType, pattern] of rpcDenials) {
    it(`a ${contentType} call is refused in its own protocol`, async () => {
      const headers = ["content-type", contentType];
      const answer = await wire.call({ path: "/x.y.Z/Do", method: "POST", headers, body: "12345" });
      assert.equal(answer.status, 200);
      assert.equal(answer.headers["content-type"], contentType);
      assert.match(showDenial(contentType, answer), pattern);
    });
  }

  it("two Authorization fields are refused, equal ones too", async () => {
    for (const second of ["Bearer eve", "Bearer ada"]) {
      assert.equal(await statusOf("/me", ["Bearer ada", second]), 401);
    }
    assert.equal(await statusOf("/me", ["Bearer ada"]), 200);
    async function statusOf(path: string, authorizations: string[]): Promise<number | undefined> {
      const fields = authorizations.map((value) => ["authorization", value] as const);
      if (protocol === "HTTP/2") return await http2Status(server.origin, path, fields);
      return (await wire.call({ path, headers: fields.flat() })).status;
    }
  });

  it("a comma-joined pair is refused", async () => {
    const headers = ["authorization", "Bearer ada, Bearer eve"];
    assert.equal((await wire.call({ path: "/me", headers })).status, 401);
  });

  it("where anonymous requests are allowed one is let in, and wrong credentials are refused all the same", async () => {
    const nobody = await openWire.call({ path: "/me" });
    assert.equal(nobody.status, 200);
    assert.deepEqual(JSON.parse(nobody.body.toString()), { subject: null });
    assert.match(String(nobody.headers.vary), /Authorization/);
    const wrong = await openWire.call({ path: "/me", headers: ["authorization", "Basic eDp5"] });
    assert.equal(wrong.status, 401);
  });

  it("the path is given without its query, and the method as it came", async () => {
    await wire.call({ path: "/me?secret=1", headers: ["authorization", "Bearer ada"] });
    const last = auth.asked.at(-1);
    assert.equal(last?.path, "/me");
    assert.equal(last?.method, "GET");
    assert.equal(last?.peer.address.replace("::ffff:", ""), "127.0.0.1");
    assert.equal(last?.peer.trusted, false);
    assert.equal(last?.peer.certificate, undefined);
  });

  it("64 requests at a time: each is answered as its own caller", async () => {
    const names = Array.from({ length: 64 }, (_, index) => `user-${index}`);
    const answered = await Promise.all(
      names.map(async (subject, index) => {
        const token = [subject, index % 2 ? "due" : "fine", index % 3 ? "now" : "slow"].join(".");
        const { body, headers } = await wire.call({ path: "/me", headers: ["authorization", `Bearer ${token}`] });
        return [JSON.parse(body.toString()).subject, headers.authorization];
      }),
    );
    const expected = names.map((name, index) => [name, index % 2 ? `Bearer next-${name}` : undefined]);
    assert.deepEqual(answered, expected);
  });

  if (protocol === "HTTP/1") describeHttp1(() => [server.origin, auth]);
}

function describeHttp1(get: () => [origin: string, auth: ScriptedAuth]): void {
  it("pipelined requests of different callers on one connection do not cross", async () => {
    const [origin, auth] = get();
    const from = auth.asked.length;
    const names = ["ada", "bob.slow", "", "cyd.due", "dan.due.slow", "eve"];
    const requests = names.map((name, index) => {
      const authorization = name === "" ? "" : `Authorization: Bearer ${name}\r\n`;
      const close = index === names.length - 1 ? "Connection: close\r\n" : "";
      return `GET /me HTTP/1.1\r\nHost: x\r\n${authorization}${close}\r\n`;
    });
    const received = await exchange(origin, requests.join(""));
    const parts = received.split("HTTP/1.1 ").slice(1);
    const seen = parts.map((part) => [
      /"subject":"(\w+)"/.exec(part)?.[1],
      /^authorization: (.+?)\r$/im.exec(part)?.[1],
    ]);
    assert.deepEqual(seen, [
      ["ada", undefined],
      ["bob", undefined],
      [undefined, undefined],
      ["cyd", "Bearer next-cyd"],
      ["dan", "Bearer next-dan"],
      ["eve", undefined],
    ]);
    const peers = new Set(auth.asked.slice(from).map((request) => request.peer));
    assert.equal(peers.size, 1, "one connection is one peer");
  });

  it("1,100 header fields with Authorization last are 431, never anonymous", async () => {
    const [origin] = get();
    const many = Array.from({ length: 1100 }, (_, index) => `a${index}: b\r\n`).join("");
    const head = `GET /me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${many}Authorization: Bearer ada\r\n\r\n`;
    assert.match(await exchange(origin, head), /^HTTP\/1\.1 431 /);
  });

  it("a denial without a body keeps the connection", async () => {
    const [origin] = get();
    const first = "GET /me HTTP/1.1\r\nHost: x\r\n\r\n";
    const second = "GET /me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ada\r\nConnection: close\r\n\r\n";
    const received = await exchange(origin, first + second);
    assert.match(received, /^HTTP\/1\.1 401 .*HTTP\/1\.1 200 /s);
    assert.doesNotMatch(received.split("HTTP/1.1 200")[0] ?? "", /connection: close/i);
  });
}

const answers: readonly (readonly [path: string, status: number])[] = [
  ["/me", 200],
  ["/throw", 500],
  ["/redirect", 302],
  ["/raw", 200],
  ["/stream", 200],
  ["/missing", 404],
];
