import assert from "node:assert/strict";
import { createServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { after, before, describe, it } from "node:test";
import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { nodeAuth } from "../../../src/adapters/node/node.js";
import { createScriptedAuth } from "../../../src/testing/adapter/scripted-auth.js";
import type { AdapterServer } from "../../../src/testing/adapter/suite.js";
import { listen } from "../servers.js";

let server: AdapterServer;
let client: Client;

describe("adapters/grpc/grpc-js", () => {
  before(async () => {
    const listener = nodeAuth(createScriptedAuth(), (_: Http2ServerRequest, response: Http2ServerResponse) => {
      response.end();
    });
    server = await listen(createServer(listener));
    client = new Client(new URL(server.origin).host, credentials.createInsecure());
  });
  after(async () => {
    client.close();
    await server.close();
  });

  const path = "/test.v1.EchoService/Say";
  const same = (bytes: Buffer) => bytes;

  /** The error of a call with this token, however the call streams. */
  function callWith(token: string | undefined, kind: "unary" | "server stream" | "bidi"): Promise<ServiceError> {
    const metadata = new Metadata();
    if (token !== undefined) metadata.set("authorization", `Bearer ${token}`);
    return new Promise((resolve, reject) => {
      const done = (error: ServiceError | null) => (error === null ? reject(new Error("let in")) : resolve(error));
      if (kind === "unary") client.makeUnaryRequest(path, same, same, Buffer.from("x"), metadata, {}, done);
      else {
        const call =
          kind === "bidi"
            ? client.makeBidiStreamRequest(path, same, same, metadata, {})
            : client.makeServerStreamRequest(path, same, same, Buffer.from("x"), metadata, {});
        call.on("error", (error) => done(error as ServiceError)).on("data", () => undefined);
      }
    });
  }

  for (const kind of ["unary", "server stream", "bidi"] as const) {
    it(`grpc-js shows a denied ${kind} call as UNAUTHENTICATED, with words, reason and challenges`, async () => {
      const error = await callWith(undefined, kind);
      assert.equal(error.code, status.UNAUTHENTICATED);
      assert.equal(error.details, "Log in, 100 % please: Grüße");
      assert.deepEqual(error.metadata.get("sallyport-reason"), ["no_credentials"]);
      assert.equal(
        error.metadata.get("www-authenticate").join(", "),
        'Bearer realm="scripted", Basic realm="scripted", charset="UTF-8"',
      );
    });
  }

  it("grpc-js tells superseded from unavailable", async () => {
    assert.deepEqual((await callWith("superseded", "unary")).metadata.get("sallyport-reason"), ["superseded"]);
    assert.equal((await callWith("unavailable", "unary")).code, status.UNAVAILABLE);
  });
});
