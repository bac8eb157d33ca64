import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createListeners, type Listeners } from "../../../../src/gateway/listen/listeners.js";
import { type Certificates, makeCertificates } from "../../make-certificates.js";
import { type Running, startGateway } from "../../running.js";
import { type Call, callHttp1, callHttp2, type Outcome, openSession } from "./callers.js";
import { type MatrixUpstream, startMatrixUpstream } from "./upstreams.js";

const upstreamKinds = ["http1", "h2c"] as const;
const listenerKinds = ["http1", "h2c", "tls"] as const;
type UpstreamKind = (typeof upstreamKinds)[number];
type ListenerKind = (typeof listenerKinds)[number];

const big = "b".repeat(300_000);

/** What is called, and what each caller of each upstream sees: the part of the outcome that is told. */
const cells: readonly (readonly [name: string, call: Call, expected: Partial<Outcome>])[] = [
  ["a call", { path: "/" }, { status: 200, body: "plai", isWhole: true }],
  ["a body both ways", { method: "POST", path: "/echo", body: big }, { status: 200, body: big, isWhole: true }],
  ["HEAD", { method: "HEAD", path: "/" }, { status: 200, body: "", isWhole: true }],
  ["204", { path: "/204" }, { status: 204, body: "", isWhole: true }],
  ["304", { path: "/304" }, { status: 304, body: "", isWhole: true }],
  ["a range", { path: "/range", fields: { range: "bytes=1-2" } }, { status: 206, body: "bc", isWhole: true }],
  ["trailers", { path: "/trailers" }, { status: 200, body: "body", isWhole: true }],
  ["a hint", { path: "/hints" }, { status: 200, body: "hinted", hints: 1, isWhole: true }],
  ["an early answer", { method: "POST", path: "/early", body: big }, { status: 413, body: "much" }],
  ["an upstream that breaks off", { path: "/cut" }, { status: 200, body: "half", isWhole: false }],
];

describe("callers of each listener and upstreams of each protocol", () => {
  const upstreams: MatrixUpstream[] = [];
  const gateways = new Map<UpstreamKind, Running>();
  const tlsListeners = new Map<UpstreamKind, Listeners>();
  let certificates: Certificates;

  before(async () => {
    certificates = makeCertificates() as Certificates;
    const tls = { ...certificates.make("localhost"), clientCa: undefined, clientCertificate: "none" } as const;
    for (const kind of upstreamKinds) {
      const upstream = await startMatrixUpstream(kind);
      upstreams.push(upstream);
      const gateway = await startGateway({ upstream: { origin: upstream.origin } });
      gateways.set(kind, gateway);
      const limits = {
        ...{ headersTimeoutMs: 10_000, readTimeoutMs: 60_000, stopTimeoutMs: 0, maxConnections: 1_000 },
        ...{ maxHeaderBytes: 16_384, maxAuthorizationLength: 16_384 },
      };
      const listen = [{ host: "127.0.0.1", port: 0, tls }];
      tlsListeners.set(kind, await createListeners({ listen, limits }, gateway.handler, { onFault: assert.fail }));
    }
  });
  after(async () => {
    for (const listeners of tlsListeners.values()) await listeners.stop();
    for (const gateway of gateways.values()) {
      assert.deepEqual(gateway.faults, []);
      await gateway.close();
    }
    for (const upstream of upstreams) upstream.close();
    certificates.remove();
  });

  async function call(listener: ListenerKind, upstream: UpstreamKind, asked: Call): Promise<Outcome> {
    const gateway = gateways.get(upstream) as Running;
    const fields = { ...asked.fields, authorization: gateway.bearer, "x-asked": "asked" };
    if (listener === "http1") return callHttp1(gateway.http1, { ...asked, fields });
    const port = tlsListeners.get(upstream)?.addresses()[0]?.port;
    const session =
      listener === "h2c"
        ? openSession(gateway.http2, undefined)
        : openSession(`https://127.0.0.1:${port}`, certificates.caPem());
    const outcome = await callHttp2(session, { ...asked, fields });
    session.destroy();
    return outcome;
  }

  for (const listener of listenerKinds) {
    for (const upstream of upstreamKinds) {
      for (const [name, asked, expected] of cells) {
        it(`${name}: a caller of ${listener}, an upstream of ${upstream}`, async () => {
          const outcome = await call(listener, upstream, asked);
          for (const key of Object.keys(expected) as (keyof Outcome)[]) assert.equal(outcome[key], expected[key], key);
          assert.equal(outcome.trailers["x-end"], asked.path === "/trailers" ? "last" : undefined);
          assert.equal(outcome.fields["x-came"], asked.path === "/echo" ? "asked" : undefined);
        });
      }
    }
  }
});
