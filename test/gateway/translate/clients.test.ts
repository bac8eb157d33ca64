// The clients of connect-es and, in Node, what a page would send, against a server of connect-node that speaks gRPC only.
import assert from "node:assert/strict";
import { createServer } from "node:http2";
import { describe, type TestContext, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { StringValueSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { connectNodeAdapter, createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { createConnectTransport as createPageTransport } from "@connectrpc/connect-web";
import { readDescriptors } from "../../../src/gateway/translate/descriptors.js";
import { EchoService } from "../../adapters/echo-service.js";
import { listen } from "../../adapters/servers.js";
import { route } from "../fixtures.js";
import { type Running, startGateway } from "../running.js";
import { echoDescriptors } from "./echo-descriptors.js";

const methods = readDescriptors(echoDescriptors);
const say = "/test.v1.EchoService/Say";

async function start(t: TestContext, maxMessageBytes = 100_000): Promise<Running> {
  const upstream = await listen(
    createServer(
      connectNodeAdapter({
        connect: false,
        grpcWeb: false,
        routes: ({ service }) =>
          service(EchoService, {
            say({ value }, { requestHeader, responseHeader, responseTrailer }) {
              responseHeader.set("x-header", requestHeader.get("x-sallyport-subject") ?? "");
              responseTrailer.append("x-trailer", "one");
              responseTrailer.append("x-trailer", "two");
              return { value };
            },
            fail({ value }) {
              const details = [{ desc: StringValueSchema, value: { value: "why" } }];
              throw new ConnectError(value, Code.ResourceExhausted, { "x-meta": "m" }, details);
            },
            async *count({ value }) {
              for (let left = Number(value); left > 0; left--) yield { value: String(left) };
              if (value === "0") throw new ConnectError("nothing, naïvely", Code.OutOfRange, { "x-meta": "m" });
            },
            async gather(stream) {
              let value = "";
              for await (const message of stream) value += message.value;
              return { value };
            },
          }),
      }),
    ),
  );
  const gateway = await startGateway({
    routes: [route({}, { rpc: { idempotent: [say], maxMessageBytes, methods } })],
    upstream: { origin: upstream.origin.replace("http:", "h2c:"), protocol: "grpc" },
  });
  t.after(async () => {
    await gateway.close();
    await upstream.close();
  });
  return gateway;
}

type Make = (gateway: Running) => Transport;

const transports: Readonly<Record<string, Make>> = {
  "Connect over HTTP/1.1": ({ http1 }) =>
    createConnectTransport({ baseUrl: http1, httpVersion: "1.1", useBinaryFormat: true }),
  "Connect over HTTP/2": ({ http2 }) =>
    createConnectTransport({ baseUrl: http2, httpVersion: "2", useBinaryFormat: true }),
  "Connect by GET": ({ http2 }) =>
    createConnectTransport({ baseUrl: http2, httpVersion: "2", useBinaryFormat: true, useHttpGet: true }),
  "Connect of a page": ({ http1 }) => createPageTransport({ baseUrl: http1, useBinaryFormat: true }),
  "Connect with JSON": ({ http2 }) =>
    createConnectTransport({ baseUrl: http2, httpVersion: "2", useBinaryFormat: false }),
  "Connect with JSON by GET": ({ http1 }) =>
    createConnectTransport({ baseUrl: http1, httpVersion: "1.1", useBinaryFormat: false, useHttpGet: true }),
  "Connect with JSON of a page": ({ http1 }) => createPageTransport({ baseUrl: http1, useBinaryFormat: false }),
  "gRPC-Web with JSON": ({ http2 }) =>
    createGrpcWebTransport({ baseUrl: http2, httpVersion: "2", useBinaryFormat: false }),
  "gRPC-Web over HTTP/1.1": ({ http1 }) => createGrpcWebTransport({ baseUrl: http1, httpVersion: "1.1" }),
  "gRPC-Web over HTTP/2": ({ http2 }) => createGrpcWebTransport({ baseUrl: http2, httpVersion: "2" }),
};

async function failureOf(call: Promise<unknown>): Promise<ConnectError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ConnectError);
  return error;
}

describe("clients of other protocols reach a server of gRPC", () => {
  for (const [name, make] of Object.entries(transports)) {
    test(name, async (t) => {
      const gateway = await start(t);
      const client = createClient(EchoService, make(gateway));
      const headers = { authorization: gateway.bearer };
      const seen: Headers[] = [];
      const options = {
        headers,
        onHeader: (each: Headers) => seen.push(each),
        onTrailer: (each: Headers) => seen.push(each),
      };
      // Compressible, and above the size from which clients compress; and it fits into a query.
      const value = "héllo ".repeat(name.includes("GET") ? 300 : 2_000);
      assert.equal((await client.say({ value }, options)).value, value);
      assert.equal(seen[0]?.get("x-header"), "ada");
      assert.equal(seen[1]?.get("x-trailer"), "one, two");
      assert.equal((await client.say({}, { headers })).value, "");

      const error = await failureOf(client.fail({ value: "no, naïvely" }, { headers }));
      assert.deepEqual([error.code, error.rawMessage], [Code.ResourceExhausted, "no, naïvely"]);
      assert.deepEqual(error.findDetails(StringValueSchema), [create(StringValueSchema, { value: "why" })]);
      assert.equal(error.metadata.get("x-meta"), "m");

      const counted: string[] = [];
      for await (const message of client.count({ value: "3" }, { headers })) counted.push(message.value);
      assert.deepEqual(counted, ["3", "2", "1"]);
      const late = await failureOf(client.count({ value: "0" }, { headers })[Symbol.asyncIterator]().next());
      assert.deepEqual([late.code, late.rawMessage], [Code.OutOfRange, "nothing, naïvely"]);
      assert.equal(late.metadata.get("x-meta"), "m");

      const denied = await failureOf(client.say({}, {}));
      assert.equal(denied.code, Code.Unauthenticated);
      // No page can send a stream.
      const streams = name.includes("page") ? [] : [["a", "b"]];
      for (const parts of streams) {
        assert.equal((await client.gather(oneOf(...parts), { headers })).value, "ab");
        const long = await failureOf(client.gather(oneOf("x".repeat(150_000)), { headers }));
        assert.equal(long.code, Code.ResourceExhausted);
      }
      assert.deepEqual(gateway.faults, []);
    });
  }
});

test("a message in JSON is read up to 512 KiB, whatever the route allows: longer ones would hold the event loop", async (t) => {
  const gateway = await start(t, 4_194_304);
  for (const name of ["Connect with JSON", "gRPC-Web with JSON", "Connect over HTTP/2"]) {
    const client = createClient(EchoService, transports[name]?.(gateway) as Transport);
    const say = (length: number) =>
      client.say({ value: "x".repeat(length) }, { headers: { authorization: gateway.bearer } });
    assert.equal((await say(500_000)).value.length, 500_000);
    if (name.includes("JSON")) assert.equal((await failureOf(say(600_000))).code, Code.ResourceExhausted, name);
    else assert.equal((await say(600_000)).value.length, 600_000);
  }
});

async function* oneOf(...values: readonly string[]): AsyncGenerator<{ value: string }> {
  for (const value of values) yield { value };
}
