// The gateway in front of a server that speaks gRPC only: programs call it by Connect and gRPC-Web too, and so do pages.
//
//   node dist/examples/grpc-upstream.js
//   curl -u ada:correct-horse -H 'Content-Type: application/json' -d '"you"' http://127.0.0.1:8080/demo.v1.Greeter/Greet
//   and open http://localhost:8081, a page of another origin, in a browser
//
// The server is one of @grpc/grpc-js here. With UPSTREAM=h2c://127.0.0.1:50051 it is yours, such as examples/python/greeter.py
// or examples/go/greeter: all are the same to the gateway.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  FileDescriptorSetSchema,
  file_google_protobuf_wrappers,
  type StringValue,
  StringValueSchema,
} from "@bufbuild/protobuf/wkt";
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

// `buf build -o greeter.binpb` writes this of a .proto file. With it the gateway converts JSON, for pages and curl.
const text = ".google.protobuf.StringValue";
const greeter = { name: "Greeter", method: [{ name: "Greet", inputType: text, outputType: text }] };
const dependency = ["google/protobuf/wrappers.proto"];
const file = { name: "greeter.proto", package: "demo.v1", syntax: "proto3", dependency, service: [greeter] };
const descriptors = create(FileDescriptorSetSchema, { file: [file_google_protobuf_wrappers.proto, file] });

// A page of another origin, in plain JavaScript; @connectrpc/connect-web and grpc-web work as well.
const page = createServer((_request, response) => {
  response.setHeader("content-type", "text/html");
  response.end(`<!doctype html><title>greeter</title>
<form><input name="name" value="you"><button>Greet</button></form><pre></pre>
<script type="module">
  document.querySelector("form").onsubmit = async (event) => {
    event.preventDefault();
    const answer = await fetch("${origin}/demo.v1.Greeter/Greet", {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Basic " + btoa("ada:correct-horse") },
      body: JSON.stringify(new FormData(event.target).get("name")),
    });
    document.querySelector("pre").textContent = await answer.json();
  };
</script>`);
});
await new Promise<void>((resolve) => page.listen(Number(process.env.PAGE_PORT ?? 8081), "127.0.0.1", resolve));
const pageOrigin = `http://localhost:${(page.address() as AddressInfo).port}`;

const folder = mkdtempSync(join(tmpdir(), "sallyport-grpc-")); // mode 0700
const path = (name: string) => join(folder, name);
keyFile(path("keys.json"), { create: true });
writeFileSync(path("users"), `ada:${await hashPassword("correct-horse")}:user\n`, { mode: 0o600 });
writeFileSync(path("greeter.binpb"), toBinary(FileDescriptorSetSchema, descriptors));
writeFileSync(
  path("gate.yaml"),
  `realm: example
listen: [{ address: 127.0.0.1:${process.env.PORT ?? 8080} }]
keys: { file: ./keys.json }
store: { memory: true }
handlers: { Basic: { users: ./users } }
cors: { origins: ["${pageOrigin}"] }
routes:
  - match: { path: /demo.v1.Greeter }
    rpc:
      descriptors: ./greeter.binpb
      idempotent: [demo.v1.Greeter/Greet] # GET, for caches; every other method needs POST
    upstream: greeter
upstreams:
  greeter: { url: "${process.env.UPSTREAM ?? `h2c://127.0.0.1:${port}`}", protocol: grpc }
`,
  { mode: 0o600 },
);

const { gateway, stop } = await serveFile(path("gate.yaml"));
const origin = `http://127.0.0.1:${gateway.addresses()[0]?.port}`;
console.log(`listening on ${origin}, in front of a server of gRPC; the page is ${pageOrigin}`);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, async () => {
    await stop();
    server.forceShutdown();
    page.close();
    page.closeAllConnections();
    rmSync(folder, { recursive: true });
    process.exit(0);
  });
}
