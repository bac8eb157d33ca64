import { createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { TestContext } from "node:test";
import type { UpstreamConfig } from "../../../src/gateway/forward/upstream-config.js";
import type { RpcConfig } from "../../../src/gateway/route/route-config.js";
import { listen } from "../../adapters/servers.js";
import { route } from "../fixtures.js";
import { type Running, type RunningOptions, startGateway } from "../running.js";

/** A server of gRPC that a test plays, frame by frame. */
export type Play = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, rawHeaders: readonly string[]) => void;

/** A gateway in front of it, whose route is open to every caller. */
export async function startTranslation(
  t: TestContext,
  play: Play,
  options: Omit<RunningOptions, "upstream"> & {
    readonly rpc?: Partial<RpcConfig>;
    readonly upstream?: Partial<UpstreamConfig>;
    readonly anonymous?: boolean;
  } = {},
): Promise<Running> {
  const server = createServer();
  server.on(
    "stream",
    (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, rawHeaders: string[]) => {
      stream.on("error", () => undefined);
      play(stream, headers, rawHeaders);
    },
  );
  const { origin, close } = await listen(server);
  const { rpc, upstream, anonymous = true, ...rest } = options;
  const gateway = await startGateway({
    routes: [route({}, { anonymous, rpc: { idempotent: ["/a.B/Get"], maxMessageBytes: 100_000, ...rpc } })],
    ...rest,
    upstream: { origin: origin.replace("http:", "h2c:"), protocol: "grpc", ...upstream },
  });
  t.after(async () => {
    await gateway.close();
    await close();
  });
  return gateway;
}

/** Answers a call. */
export function answer(
  stream: ServerHttp2Stream,
  body: Uint8Array,
  trailers: Readonly<Record<string, string | string[]>> = { "grpc-status": "0" },
  headers: Readonly<Record<string, string>> = {},
): void {
  // The caller's side may have broken it off.
  if (stream.destroyed || stream.closed) return;
  stream.respond({ ":status": 200, "content-type": "application/grpc", ...headers }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers(trailers));
  stream.end(body);
}

/** Reads all of a call. */
export function bodyOf(stream: ServerHttp2Stream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => resolve(Buffer.concat(chunks)));
  });
}
