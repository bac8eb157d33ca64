import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createListeners, type Listeners } from "../../../../src/gateway/listen/listeners.js";
import { type Certificates, makeCertificates } from "../../make-certificates.js";
import { type Running, startGateway } from "../../running.js";
import { http1Caller, http2Caller, type RawCaller, type Target } from "./raw-callers.js";
import { type RpcCaller, rpcCaller } from "./rpc-callers.js";
import { type MatrixUpstream, startMatrixUpstream } from "./upstreams.js";
import type { ListenerKind, RawClient, RpcClient, UpstreamKind } from "./ways.js";

/** A gateway in front of one upstream, with a listener of each kind. */
export interface MatrixGateway {
  readonly upstream: MatrixUpstream;
  readonly targets: Readonly<Record<ListenerKind, Target>>;
  /** Fields with a live session, and the name of the next cell. */
  nextFields(): { readonly authorization: string; readonly "x-cell": string };
  raw(client: RawClient, listener: ListenerKind): RawCaller;
  rpc(client: RpcClient, listener: ListenerKind): RpcCaller;
  close(): Promise<void>;
}

const limits = {
  ...{ headersTimeoutMs: 10_000, readTimeoutMs: 60_000, stopTimeoutMs: 0, maxConnections: 1_000 },
  ...{ maxHeaderBytes: 16_384, maxAuthorizationLength: 16_384 },
};

export function certificatesOrFail(): Certificates {
  const made = makeCertificates();
  assert.ok(made, "openssl is needed");
  return made;
}

export async function startMatrixGateway(kind: UpstreamKind, certificates: Certificates): Promise<MatrixGateway> {
  const files = certificates.make("localhost");
  const ca = certificates.caPem();
  const upstream = await startMatrixUpstream(kind, { key: readFileSync(files.key), cert: readFileSync(files.cert) });
  const gateway: Running = await startGateway({ upstream: { origin: upstream.origin, tls: { ca: certificates.ca } } });
  const tls = { ...files, clientCa: undefined, clientCertificate: "none" } as const;
  const listeners: Listeners = await createListeners(
    { listen: [{ host: "127.0.0.1", port: 0, tls }], limits },
    gateway.handler,
    { onFault: (what, error) => assert.fail(`${what}: ${error}`) },
  );
  let cell = 0;
  const secure = `https://127.0.0.1:${listeners.addresses()[0]?.port}`;
  const targets: Record<ListenerKind, Target> = {
    plain: { origin: gateway.http1, ca },
    tls: { origin: secure, ca },
  };
  return {
    upstream,
    targets,
    nextFields: () => ({ authorization: gateway.bearer, "x-cell": `${cell++}` }),
    raw: (client, listener) => (client === "http1" ? http1Caller(targets[listener]) : http2Caller(targets[listener])),
    rpc: (client, listener) => rpcCaller(client, targets[listener]),
    async close() {
      await listeners.stop();
      assert.deepEqual(gateway.faults, []);
      await gateway.close();
      upstream.close();
    },
  };
}
