import assert from "node:assert/strict";
import { once } from "node:events";
import {
  type ClientHttp2Stream,
  connect as connectHttp2,
  constants,
  createServer,
  type ServerHttp2Stream,
} from "node:http2";
import { test } from "node:test";
import { listen } from "../../../adapters/servers.js";
import { startGatewayProcess } from "./gateway-process.js";

const streams = 1_000;

/** As many as the gateway allows on one connection. */
const perSession = 100;

const message = Buffer.from([0, 0, 0, 0, 5, ...Buffer.from("hello")]);
const rounds = 10;

for (const allowed of [100, 4_294_967_295]) {
  test(`${streams} streams of gRPC are open at once; the upstream allows ${allowed} on a connection`, async (t) => {
    let open = 0;
    let connections = 0;
    const server = createServer({ settings: { maxConcurrentStreams: allowed } });
    server.on("session", () => {
      connections += 1;
    });
    server.on("stream", (stream: ServerHttp2Stream) => {
      open += 1;
      stream.respond({ "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.pipe(stream).on("close", () => {
        open -= 1;
      });
    });
    const upstream = await listen(server);
    t.after(() => upstream.close());
    const gateway = await startGatewayProcess(t, { upstreams: { h2c: upstream.origin.replace("http:", "h2c:") } });
    const before = await gateway.memory();
    const sessions = Array.from({ length: streams / perSession }, () => connectHttp2(gateway.origin));
    t.after(() => sessions.forEach((session) => void session.destroy()));
    const headers = { ":method": "POST", ":path": "/h2c/service/call", "content-type": "application/grpc" };
    const all = sessions.flatMap((session) =>
      Array.from({ length: perSession }, () =>
        session.request({ ...headers, te: "trailers", authorization: gateway.bearer }, { endStream: false }),
      ),
    );
    for (let round = 0; round < rounds; round += 1) {
      await Promise.all(all.map((stream) => echo(stream)));
      assert.equal(open, streams);
    }
    const statuses = await Promise.all(all.map((stream) => finish(stream)));
    assert.deepEqual([...new Set(statuses)], ["0"]);
    const { peak } = await gateway.memory();
    t.diagnostic(`${connections} connections to the upstream; RSS was ${before.rss} MB, and at most ${peak} MB`);
  });
}

/** What the gateway keeps for a stream that is not read: its window at the upstream, and what Node needs for a stream. */
const keptBytes = 256 * 1024 + 64 * 1024;

test(`${streams} streams that do not read hold a window each, end by readTimeout, and another is served meanwhile`, async (t) => {
  const server = createServer({ maxSessionMemory: 4_096 });
  server.on("stream", (stream: ServerHttp2Stream, { ":path": path }) => {
    stream.on("error", () => undefined).respond();
    if (path?.endsWith("/short")) stream.end("short");
    else for (let index = 0; index < 6; index += 1) stream.write(Buffer.alloc(64 * 1024));
  });
  const upstream = await listen(server);
  t.after(() => upstream.close());
  const gateway = await startGatewayProcess(t, {
    upstreams: { h2c: upstream.origin.replace("http:", "h2c:") },
    more: "limits: { readTimeout: 3s }\n",
  });
  const before = await gateway.memory();
  const sessions = Array.from({ length: streams / perSession }, () =>
    connectHttp2(gateway.origin, { settings: { initialWindowSize: 0 } }),
  );
  t.after(() => sessions.forEach((session) => void session.destroy()));
  const all = sessions.flatMap((session) =>
    Array.from({ length: perSession }, () => session.request({ ":path": "/open/h2c/endless" })),
  );
  const codes = Promise.all(
    all.map((stream) =>
      once(
        stream.on("error", () => undefined),
        "close",
      ).then(() => stream.rstCode),
    ),
  );
  await Promise.all(all.map((stream) => once(stream, "response")));
  const reader = await fetch(`${gateway.origin}/open/h2c/short`);
  assert.equal(await reader.text(), "short");
  assert.deepEqual([...new Set(await codes)], [constants.NGHTTP2_CANCEL]);
  const { peak } = await gateway.memory();
  t.diagnostic(`RSS was ${before.rss} MB, and at most ${peak} MB`);
  assert.ok(peak - before.rss < (streams * keptBytes) / 1e6, `${before.rss} MB, then ${peak} MB`);
});

async function echo(stream: ClientHttp2Stream): Promise<void> {
  stream.write(message);
  const [received] = await once(stream, "data");
  assert.deepEqual(received, message);
}

async function finish(stream: ClientHttp2Stream): Promise<unknown> {
  const trailers = once(stream, "trailers");
  stream.end();
  const [{ "grpc-status": status }] = (await trailers) as [Record<string, unknown>];
  return status;
}
