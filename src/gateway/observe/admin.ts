import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { AddressConfig } from "../listen/listen-config.js";
import type { Readiness } from "./health.js";
import type { Metrics } from "./metrics.js";

export interface AdminParts {
  readonly metrics: Pick<Metrics, "text" | "contentType">;
  readonly ready: Readiness;
}

export interface Admin {
  /** The address, with the port that was taken for 0. */
  readonly address: AddressConfig;
  close(): Promise<void>;
}

/** The most connections: a few probes and a collector need less. */
const maxConnections = 100;

const timeoutMs = 5_000;

type Answer = readonly [status: number, contentType: string, body: string];

const text = "text/plain; charset=utf-8";

/**
 * Listens for probes and collectors, separate from traffic (Pomerium CVE-2022-24797: profiles and metrics on the public
 * listener):
 *
 * - `/healthz`: 200 while the event loop runs.
 * - `/readyz`: 200 when the gateway is ready for requests, else 503 with the reason.
 * - `/metrics`: for Prometheus.
 *
 * It requires no credentials and shows no secret; still it belongs on an address that only operators reach.
 *
 * @throws rejects when it cannot listen on the address
 */
export async function openAdmin({ host, port }: AddressConfig, { metrics, ready }: AdminParts): Promise<Admin> {
  const pages = new Map<string, () => Promise<Answer>>([
    ["/healthz", async () => [200, text, "ok\n"]],
    [
      "/readyz",
      async () => {
        const obstacle = await ready();
        return obstacle === undefined ? [200, text, "ready\n"] : [503, text, `${obstacle}\n`];
      },
    ],
    ["/metrics", async () => [200, metrics.contentType, await metrics.text()]],
  ]);

  async function answerTo({ url = "", method }: IncomingMessage): Promise<Answer> {
    const page = pages.get(url.split("?", 1)[0] ?? "");
    if (page === undefined) return [404, text, "not found\n"];
    if (method !== "GET" && method !== "HEAD") return [405, text, "only GET and HEAD\n"];
    return page();
  }
  function listener(request: IncomingMessage, response: ServerResponse): void {
    response.on("error", () => undefined);
    answerTo(request)
      .catch((): Answer => [500, text, "internal error\n"])
      .then(([status, contentType, body]) => {
        const close =
          request.headers["content-length"] || request.headers["transfer-encoding"] ? "close" : "keep-alive";
        response.writeHead(status, {
          "content-type": contentType,
          "content-length": Buffer.byteLength(body),
          "cache-control": "no-store",
          connection: close,
        });
        response.end(body);
      })
      .catch(() => response.destroy());
  }

  const server = createServer({ headersTimeout: timeoutMs, requestTimeout: timeoutMs }, listener);
  server.maxConnections = maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen({ host, port }, () => {
      server.off("error", reject).on("error", () => undefined);
      resolve();
    });
  });
  const taken = server.address() as AddressInfo;
  return {
    address: { host: taken.address, port: taken.port },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
