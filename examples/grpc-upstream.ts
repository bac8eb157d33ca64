// The gateway in front of a server that speaks gRPC only: programs call it by Connect and gRPC-Web too, and so do pages.
//
//   node dist/examples/grpc-upstream.js
//   printf '\\n\\x03you' | curl -s -u ada:correct-horse -H 'Content-Type: application/proto' --data-binary @- \
//     http://127.0.0.1:8080/demo.v1.Greeter/Greet
//
// The server is one of @grpc/grpc-js here; one in Go, Java or Python is the same to the gateway.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type StringValue, StringValueSchema } from "@bufbuild/protobuf/wkt";
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from "@grpc/grpc-js";
import { hashPassword, keyFile } from "sallyport";
import { serveFile } from "sallyport/gateway";

const codec = {
  serialize: (message: StringValue) => Buffer.from(toBinary(StringValueSchema, message)),
  deserialize: (bytes: Buffer) => fromBinary(StringValueSchema, bytes),
};
const methods = {
  greet: {
    path: "/demo.v1.Greeter/Greet",
    ...{ requestStream: false, responseStream: false },
    ...{ requestSerialize: codec.serialize, requestDeserialize: codec.deserialize },
    ...{ responseSerialize: codec.serialize, responseDeserialize: codec.deserialize },
  },
};
const server = new Server();
server.addService(methods, {
  greet({ request, metadata }: ServerUnaryCall<StringValue, StringValue>, answer: sendUnaryData<StringValue>) {
    const [caller = "an unknown caller"] = metadata.get("x-sallyport-subject"); // no caller can forge it
    answer(null, create(StringValueSchema, { value: `Hello ${request.value}, says ${String(caller)}` }));
  },
});
const port = await new Promise<number>((resolve, reject) => {
  const insecure = ServerCredentials.createInsecure();
  server.bindAsync("127.0.0.1:0", insecure, (error, bound) => (error === null ? resolve(bound) : reject(error)));
});

const folder = mkdtempSync(join(tmpdir(), "sallyport-grpc-")); // mode 0700
const path = (name: string) => join(folder, name);
keyFile(path("keys.json"), { create: true });
writeFileSync(path("users"), `ada:${await hashPassword("correct-horse")}:user\n`, { mode: 0o600 });
writeFileSync(
  path("gate.yaml"),
  `realm: example
listen: [{ address: 127.0.0.1:${process.env.PORT ?? 8080} }]
keys: { file: ./keys.json }
store: { memory: true }
handlers: { Basic: { users: ./users } }
routes:
  - match: { path: /demo.v1.Greeter }
    rpc: { idempotent: [demo.v1.Greeter/Greet] } # GET, for caches; every other method needs POST
    upstream: greeter
upstreams:
  greeter: { url: "h2c://127.0.0.1:${port}", protocol: grpc }
`,
  { mode: 0o600 },
);

const { gateway, stop } = await serveFile(path("gate.yaml"));
console.log(`listening on http://127.0.0.1:${gateway.addresses()[0]?.port}, in front of a server of gRPC`);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, async () => {
    await stop();
    server.forceShutdown();
    rmSync(folder, { recursive: true });
    process.exit(0);
  });
}
