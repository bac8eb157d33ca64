// The server under test of the Connect conformance runner, which says on standard input what it wants:
//   node dist/test/interop/conformance/server.js IMAGE alone
//   node dist/test/interop/conformance/server.js IMAGE http1|h2c|tls|grpc|grpc-json FOLDER
//   node dist/test/interop/conformance/server.js IMAGE grpc-go PROGRAM
// `alone` is the server of connect-node; the others put the gateway in front of it, of which `grpc` lets it speak gRPC only, and
// `grpc-json` lets the gateway know its descriptors.
// `grpc-go` puts the gateway in front of PROGRAM, the runner's own server of grpc-go. FOLDER has the certificate of the
// upstream, `localhost.crt` and `localhost.key`; Node must be told of its authority by NODE_EXTRA_CA_CERTS.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttp1Server } from "node:http";
import { createServer as createHttp2Server, createSecureServer } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { compressionBrotli, compressionGzip, connectNodeAdapter } from "@connectrpc/connect-node";
import { pino } from "pino";
import { serveFile } from "../../../src/gateway/run/serve-file.js";
import { hashPreSharedKey } from "../../../src/handlers/pre-shared-key.js";
import { keyFile } from "../../../src/keys/key-file.js";
import { conformanceRoutes, credential, subject } from "./routes.js";
import { readSchema, type ServerCompatRequest } from "./schema.js";

const [image = "", way = "alone", folder = ""] = process.argv.slice(2);
const idempotent = "connectrpc.conformance.v1.ConformanceService/IdempotentUnary";
const descriptors = way === "grpc-json" ? `, descriptors: ${image}` : "";
const translated = `, rpc: { idempotent: [${idempotent}]${descriptors} }`;
const isTranslated = way.startsWith("grpc");
const schema = readSchema(image);
const asked = fromBinary(schema.compatRequest, readFileSync(process.stdin.fd).subarray(4));
const { cert, key } = asked.serverCreds ?? {};
const port = way === "alone" ? await listen(serverAsAsked()) : await startGateway();
const answer = create(schema.compatResponse, {
  host: "127.0.0.1",
  port,
  ...(asked.useTls && cert && { pemCert: cert }),
});
const bytes = toBinary(schema.compatResponse, answer);
process.stdout.write(toSized(bytes));

function toSized(message: Uint8Array): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(message.length);
  return Buffer.concat([size, message]);
}

function adapter(): ReturnType<typeof connectNodeAdapter> {
  const { registry } = schema;
  const routes = conformanceRoutes(schema, way !== "alone");
  const acceptCompression = [compressionGzip, compressionBrotli];
  const only = isTranslated && { connect: false, grpcWeb: false };
  return connectNodeAdapter({ routes, acceptCompression, jsonOptions: { registry }, ...only });
}

function serverAsAsked(): Server {
  const { httpVersion, useTls, clientTlsCert } = asked;
  if (!useTls) return httpVersion === 1 ? createHttp1Server(adapter()) : createHttp2Server(adapter());
  const clients = clientTlsCert.length > 0 && { requestCert: true, ca: Buffer.from(clientTlsCert) };
  const tls = { cert: Buffer.from(cert ?? []), key: Buffer.from(key ?? []), ...clients };
  return httpVersion === 1 ? createHttpsServer(tls, adapter()) : createSecureServer(tls, adapter());
}

async function startUpstream(): Promise<string> {
  if (way === "http1") return `http://127.0.0.1:${await listen(createHttp1Server(adapter()))}`;
  if (way === "grpc-go") return `h2c://127.0.0.1:${await startGrpcGo(folder)}`;
  if (way === "h2c" || isTranslated) return `h2c://127.0.0.1:${await listen(createHttp2Server(adapter()))}`;
  const file = (name: string): Buffer => readFileSync(join(folder, name));
  const tls = { cert: file("localhost.crt"), key: file("localhost.key") };
  return `https://localhost:${await listen(createSecureServer(tls, adapter()))}`;
}

/** Starts the runner's server of grpc-go, which gets the question of the runner, without TLS and for gRPC. */
async function startGrpcGo(program: string): Promise<number> {
  const child = spawn(program, { stdio: ["pipe", "pipe", "inherit"] });
  process.on("exit", () => child.kill());
  const { messageReceiveLimit } = asked;
  child.stdin.write(
    toSized(
      toBinary(
        schema.compatRequest,
        create(schema.compatRequest, { protocol: 2, httpVersion: 2, messageReceiveLimit }),
      ),
    ),
  );
  let answered: Buffer = Buffer.alloc(0);
  while (answered.length < 4 || answered.length < 4 + answered.readUInt32BE())
    answered = Buffer.concat([answered, ...(await once(child.stdout, "data"))]);
  return fromBinary(schema.compatResponse, answered.subarray(4)).port;
}

async function startGateway(): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), "sallyport-conformance-"));
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
  const write = (name: string, text: string | Uint8Array): void =>
    writeFileSync(join(directory, name), text, { mode: 0o600 });
  keyFile(join(directory, "keys.json"), { create: true });
  const sha256 = hashPreSharedKey(credential.slice("Bearer ".length));
  write(
    "gate.yaml",
    `
realm: conformance
listen: [{ address: 127.0.0.1:0${asked.useTls ? tlsText(asked, write) : ""} }]
keys: { file: ./keys.json }
store: { memory: true }
handlers: { Bearer: { keys: { ${subject}: { sha256: ${sha256} } } } }
routes: [{ match: { path: / }, upstream: app${way === "grpc-go" ? ", forwardAuthorization: true" : ""}${isTranslated ? translated : ""} }]
upstreams: { app: { url: "${await startUpstream()}"${isTranslated ? ", protocol: grpc" : ""} } }
`,
  );
  const log = pino({ level: process.env.SALLYPORT_CONFORMANCE_LOG ?? "silent" }, process.stderr);
  const { gateway } = await serveFile(join(directory, "gate.yaml"), { log });
  return gateway.addresses()[0]?.port ?? 0;
}

function tlsText(
  { clientTlsCert }: ServerCompatRequest,
  write: (name: string, text: string | Uint8Array) => void,
): string {
  write("tls.crt", cert ?? "");
  write("tls.key", key ?? "");
  if (clientTlsCert.length > 0) write("clients.crt", clientTlsCert);
  return `, tls: { cert: ./tls.crt, key: ./tls.key${clientTlsCert.length > 0 ? ", clientCa: ./clients.crt" : ""} }`;
}

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

process.on("SIGTERM", () => process.exit());
