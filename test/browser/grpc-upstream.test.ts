import assert from "node:assert/strict";
import { createServer } from "node:http";
import { describe, it, type TestContext } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { AnySchema, anyPack, type StringValue, StringValueSchema } from "@bufbuild/protobuf/wkt";
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
} from "@grpc/grpc-js";
import { listen } from "../adapters/servers.js";
import { asAda, runGateway } from "../gateway/running-gateway.js";
import { launchBrowser, newContext, skipBrowser } from "./launch.js";
import { servePage } from "./page-server.js";
import type { RpcReport, RpcTab } from "./rpc-page.js";

declare const rpc: RpcTab;

type Unary = ServerUnaryCall<StringValue, StringValue>;

/** A server of grpc-js, which speaks nothing but gRPC. Returns its port. */
async function serveGrpc(t: TestContext): Promise<number> {
  const serialize = (message: StringValue): Buffer => Buffer.from(toBinary(StringValueSchema, message));
  const deserialize = (bytes: Buffer): StringValue => fromBinary(StringValueSchema, bytes);
  const method = (name: string, responseStream: boolean) => ({
    ...{ path: `/test.v1.EchoService/${name}`, requestStream: false, responseStream },
    ...{ requestSerialize: serialize, requestDeserialize: deserialize },
    ...{ responseSerialize: serialize, responseDeserialize: deserialize },
  });
  const server = new Server();
  server.addService(
    { say: method("Say", false), fail: method("Fail", false), count: method("Count", true) },
    {
      say(call: Unary, answer: sendUnaryData<StringValue>) {
        const header = new Metadata();
        header.set("x-header", String(call.metadata.get("x-sallyport-subject")[0]));
        call.sendMetadata(header);
        const trailer = new Metadata();
        trailer.set("x-trailer", "last");
        answer(null, call.request, trailer);
      },
      fail(_call: Unary, answer: sendUnaryData<StringValue>) {
        const detail = anyPack(StringValueSchema, create(StringValueSchema, { value: "why" }));
        const any = toBinary(AnySchema, detail);
        const metadata = new Metadata();
        // A google.rpc.Status: the code, the message, and one detail.
        const status = Buffer.from([8, 9, 0x12, 3, ...Buffer.from("nö"), 0x1a, any.length, ...any]);
        metadata.set("grpc-status-details-bin", status);
        answer({ code: 9, details: "nö", metadata });
      },
      count(call: ServerWritableStream<StringValue, StringValue>) {
        for (let left = Number(call.request.value); left > 0; left--)
          call.write(create(StringValueSchema, { value: String(left) }));
        call.end();
      },
    },
  );
  t.after(() => server.forceShutdown());
  return new Promise((resolve, reject) => {
    const insecure = ServerCredentials.createInsecure();
    server.bindAsync("127.0.0.1:0", insecure, (error, port) => (error === null ? resolve(port) : reject(error)));
  });
}

describe("pages, and a server of gRPC on another origin, in Chromium", { skip: skipBrowser }, () => {
  it("a page calls it by Connect and by gRPC-Web; a page of another origin cannot", async (t) => {
    const pages = await listen(createServer((request, response) => void servePage(request, response)));
    t.after(pages.close);
    const listed = pages.origin.replace("127.0.0.1", "localhost");
    const port = await serveGrpc(t);
    const { origin, served } = await runGateway(
      t,
      "{ match: { path: / }, upstream: app, rpc: { idempotent: [test.v1.EchoService/Say] } }",
      (text) =>
        text.replace(/url: "[^"]*"/, `protocol: grpc, url: "h2c://127.0.0.1:${port}"`) +
        `cors: { origins: ["${listed}"], exposedHeaders: [X-Header, Trailer-X-Trailer] }\n`,
    );
    assert.ok(served);
    const browser = await launchBrowser();
    t.after(() => browser.close());
    const context = await newContext(browser);
    const page = await context.newPage();
    const call = ([url, protocol, authorization]: readonly string[]): Promise<RpcReport> =>
      rpc.callAll(url as string, protocol as "connect", authorization as string);
    for (const [where, isListed] of [
      [listed, true],
      [pages.origin, false],
    ] as const) {
      await page.goto(`${where}/page/`);
      await page.addScriptTag({ type: "module", url: "/page/test/rpc-page.js" });
      await page.waitForFunction("globalThis.rpc !== undefined");
      for (const protocol of ["connect", "connect-get", "grpc-web"]) {
        if (!isListed) {
          await assert.rejects(page.evaluate(call, [origin, protocol, asAda]), /Failed to fetch/);
          continue;
        }
        assert.deepEqual(await page.evaluate(call, [origin, protocol, asAda]), {
          ...{ said: "héllo", header: "ada", trailer: "last", counted: ["3", "2", "1"] },
          failed: [9, "nö", "why"],
        });
        await assert.rejects(page.evaluate(call, [origin, protocol, "Basic x"]), /unauthenticated/);
      }
    }
  });
});
