import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer as createHttpsServer } from "node:https";
import { test } from "node:test";
import { probeUpstream } from "../../../../src/gateway/run/probe/upstream.js";
import { makeCertificates } from "../../make-certificates.js";
import {
  createHttp2Server,
  createSecureServer,
  createServer,
  createTcpServer,
  freePort,
  listen,
  probeWorld,
  upstream,
} from "./probe-world.js";

const what = "upstreams.app";

test("an upstream that speaks the protocol of its URL is ok, and gets one HEAD / without a credential", async (t) => {
  const asked: unknown[] = [];
  const http1 = await listen(
    t,
    createServer(({ method, url, headers }, response) => {
      asked.push([method, url, Object.keys(headers).sort()]);
      response.writeHead(503).end();
    }),
  );
  const http2 = await listen(
    t,
    createHttp2Server(({ method, url }, response) => {
      asked.push([method, url]);
      response.writeHead(404).end();
    }),
  );
  const { context, dates } = probeWorld();
  assert.deepEqual(await probeUpstream(upstream(`http://127.0.0.1:${http1}`), context), [
    { what, verdict: "ok", detail: `127.0.0.1:${http1} speaks HTTP/1.1` },
  ]);
  assert.deepEqual(await probeUpstream(upstream(`h2c://127.0.0.1:${http2}`), context), [
    { what, verdict: "ok", detail: `127.0.0.1:${http2} speaks HTTP/2` },
  ]);
  assert.deepEqual(asked, [
    ["HEAD", "/", ["connection", "host"]],
    ["HEAD", "/"],
  ]);
  assert.equal(dates.size, 0, "an attacker on the network could have set a time that came in the clear");
});

test("the other protocol, and nothing at all, are faults with the URL to write", async (t) => {
  const http1 = await listen(t, createServer());
  const http2 = await listen(t, createHttp2Server());
  const closing = await listen(
    t,
    createTcpServer((socket) => socket.once("data", () => socket.end())),
  );
  const none = await freePort();
  const { context } = probeWorld();
  for (const [origin, detail] of [
    [
      `h2c://127.0.0.1:${http1}`,
      `127.0.0.1:${http1} does not speak HTTP/2; if it speaks HTTP/1.1, write its URL as http://127.0.0.1:${http1}`,
    ],
    [
      `http://127.0.0.1:${http2}`,
      `127.0.0.1:${http2} does not speak HTTP/1.1; if it speaks HTTP/2 without TLS, write its URL as h2c://127.0.0.1:${http2}`,
    ],
    [
      `http://127.0.0.1:${closing}`,
      `127.0.0.1:${closing} closed the connection without an answer to HTTP/1.1; if it speaks HTTP/2 without TLS, write its URL as h2c://127.0.0.1:${closing}`,
    ],
    [`https://127.0.0.1:${http1}`, `127.0.0.1:${http1} does not speak TLS; write its URL as http://… or h2c://…`],
    [`http://127.0.0.1:${none}`, `127.0.0.1:${none} refused the connection`],
  ] as const) {
    assert.deepEqual(await probeUpstream(upstream(origin), context), [{ what, verdict: "fault", detail }]);
  }
});

test("an upstream that never answers ends the wait: a warning where it may speak the protocol, a fault where it has not begun", async (t) => {
  const { context, late } = probeWorld();
  const silent = await listen(
    t,
    createTcpServer((socket) => socket.on("error", () => {}).once("data", late)),
  );
  const http2 = createHttp2Server();
  http2.on("stream", (stream) => {
    stream.on("error", () => {});
    late();
  });
  const begun = await listen(t, http2);
  const told = async (origin: string) => {
    const [finding] = await probeUpstream(upstream(origin), context);
    return [finding?.verdict, finding?.detail];
  };
  assert.deepEqual(await told(`http://127.0.0.1:${silent}`), [
    "warning",
    `127.0.0.1:${silent} takes connections, and gave no answer to HEAD / (HTTP/1.1); look at its log`,
  ]);
  assert.deepEqual(await told(`h2c://127.0.0.1:${silent}`), [
    "fault",
    `127.0.0.1:${silent} takes connections, and did not begin with HTTP/2 in time`,
  ]);
  assert.deepEqual(await told(`h2c://127.0.0.1:${begun}`), [
    "warning",
    `127.0.0.1:${begun} takes connections, and gave no answer to HEAD / (HTTP/2); look at its log`,
  ]);
});

test("over TLS the protocol is what ALPN agrees to; the certificate's days and the clock are told", async (t) => {
  const certificates = makeCertificates() ?? assert.fail("needs openssl: apt-get install openssl");
  t.after(() => certificates.remove());
  const { cert, key } = certificates.make("app");
  const own = { cert: readFileSync(cert), key: readFileSync(key) };
  const tls = { ca: certificates.ca };
  const answer = (_request: unknown, response: { setHeader(name: string, value: string): void; end(): void }) => {
    response.setHeader("date", "Mon, 01 Jan 2035 00:00:00 GMT");
    response.end();
  };
  for (const [server, spoken] of [
    [createSecureServer(own, answer), "HTTP/2"],
    [createHttpsServer(own, answer), "HTTP/1.1"],
  ] as const) {
    const port = await listen(t, server);
    const { context, dates } = probeWorld();
    const origin = `https://localhost:${port}`;
    const [first, second, ...rest] = await probeUpstream(upstream(origin, tls), context);
    assert.deepEqual(first, { what, verdict: "ok", detail: `localhost:${port} speaks ${spoken} over TLS` });
    assert.match(
      `${second?.verdict} ${second?.detail}`,
      /^warning its certificate is good for 1 more days, until .*; renew it$/,
    );
    assert.deepEqual(rest, []);
    assert.deepEqual([...dates], [[what, "Mon, 01 Jan 2035 00:00:00 GMT"]]);
    const [untrusted] = await probeUpstream(upstream(origin), context);
    assert.match(`${untrusted?.verdict} ${untrusted?.detail}`, /^fault .*no trusted authority has signed/);
  }
});

test("each address of an upstream has its finding, and its health check where it has one", async (t) => {
  const server = (status: number) =>
    createServer(({ url }, response) => {
      response.writeHead(url === "/healthz" ? status : 200).end();
    });
  const [well, ill, none] = [await listen(t, server(200)), await listen(t, server(503)), await freePort()];
  const { context } = probeWorld();
  const pool = {
    ...upstream(`http://127.0.0.1:${well}`),
    others: [ill, none].map((port) => `http://127.0.0.1:${port}`),
    health: { path: "/healthz", intervalMs: 1, timeoutMs: 1_000 },
  };
  assert.deepEqual(
    (await probeUpstream(pool, context)).map(({ what: at, verdict, detail }) => [at, verdict, detail]),
    [
      [`${what}.url[0]`, "ok", `127.0.0.1:${well} speaks HTTP/1.1`],
      [`${what}.url[0]`, "ok", `127.0.0.1:${well} is well by its health check`],
      [`${what}.url[1]`, "ok", `127.0.0.1:${ill} speaks HTTP/1.1`],
      [
        `${what}.url[1]`,
        "fault",
        `127.0.0.1:${ill} fails its health check: GET /healthz has status 503; look at the service, or correct health`,
      ],
      [`${what}.url[2]`, "fault", `127.0.0.1:${none} refused the connection`],
    ],
  );
});
