// A process that proxies gRPC over h2c to an upstream of its own: `grpc-proxy.js <name> <directory>`.
import { fork } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import {
  type ClientHttp2Stream,
  connect,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadConfig } from "../src/gateway/config/parse-config.js";
import { startGateway } from "../src/gateway/run/gateway.js";
import { hashPassword } from "../src/handlers/password/hash.js";
import { keyFile } from "../src/keys/key-file.js";
import { basicAuthorization, password } from "./engine.js";
import { type Ready, serveAsks } from "./messages.js";
import type { GrpcName } from "./rows.js";

const [, , name, parent] = process.argv as (string | undefined)[] as [string, string, GrpcName, string];
/** The windows of the gateway: with those of Node a sender is held up more often, and joins its messages meanwhile. */
const windowBytes = 256 * 1024;
const connectionWindowBytes = 4 * 1024 * 1024;

const isGateway = name.startsWith("gateway");
const upstream = fork(fileURLToPath(new URL("./grpc-upstream.js", import.meta.url)), [
  isGateway ? "identified" : "plain",
]);
const [upstreamPort] = await once(upstream, "message");
const ready = isGateway ? await runGateway() : await runPassThrough();
serveAsks(ready, { reads: 0, writes: 0, checks: 0 }, async () => {});

/** What its users run. */
async function runGateway(): Promise<Ready> {
  const file = (suffix: string): string => join(parent, `${name}.${suffix}`);
  keyFile(file("keys.json"), { create: true });
  writeFileSync(file("users.txt"), `ada:${await hashPassword(password)}:user\n`, { mode: 0o600 });
  writeFileSync(
    file("yaml"),
    `\
listen: [{ address: 127.0.0.1:0 }]
keys: { file: ./${name}.keys.json }
store: { sqlite: ./${name}.db }
session: { rotateAfter: 6h, idle: 12h, absolute: 24h }
handlers: { Basic: { users: ./${name}.users.txt } }
routes: [{ match: { path: / }, upstream: app }]
upstreams: { app: { url: "h2c://127.0.0.1:${upstreamPort}"${name.includes("-web-") ? ", protocol: grpc" : ""} } }
`,
  );
  const gateway = await startGateway(loadConfig(file("yaml")));
  const port = gateway.addresses()[0]?.port ?? 0;
  const session = connect(`http://127.0.0.1:${port}`);
  const call = session.request({ ":method": "POST", ":path": "/bench/unary", authorization: basicAuthorization });
  const [{ authorization }] = (await once(call.end(), "response")) as [IncomingHttpHeaders];
  session.destroy();
  if (authorization === undefined) throw new Error("the log-in brought no token");
  return { port, authorizations: [authorization] };
}

/** The least that passes a stream through, with its trailers and back-pressure: the floor for a proxy on `node:http2`. */
async function runPassThrough(): Promise<Ready> {
  const settings = { initialWindowSize: windowBytes, enablePush: false };
  const session = connect(`http://127.0.0.1:${upstreamPort}`, { settings });
  await once(session, "connect");
  session.setLocalWindowSize(connectionWindowBytes);
  const server = createServer({ settings });
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    const call = session.request(headers, { endStream: false });
    let trailers: IncomingHttpHeaders = {};
    call.on("response", (answer) => {
      stream.respond(answer, { waitForTrailers: true });
      pass(call, stream);
    });
    call.on("trailers", (received) => {
      trailers = received;
    });
    stream.on("wantTrailers", () => stream.sendTrailers(trailers));
    pass(stream, call);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, authorizations: [] };
}

type Stream = ClientHttp2Stream | ServerHttp2Stream;

function pass(from: Stream, to: Stream): void {
  from.on("data", (chunk) => {
    if (to.write(chunk)) return;
    from.pause();
    to.once("drain", () => from.resume());
  });
  from.on("end", () => to.end());
}
