import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { create, type DescMethodUnary, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { StringValueSchema } from "@bufbuild/protobuf/wkt";
import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { AuthService, LogInRequestSchema, WhoAmIRequestSchema } from "../../src/gen/sallyport/v1/auth_service_pb.js";
import { type Running, rotateAfterMs, start } from "./server.js";
import { TalkService } from "./talk-service.js";

let server: Running;
let client: Client;

describe("services/grpc-js", () => {
  before(async () => {
    server = await start(2);
    client = new Client(server.origin.slice("http://".length), credentials.createInsecure());
  });
  after(async () => {
    client.close();
    await server.close();
  });

  interface Answer<M extends DescMethodUnary> {
    readonly error: ServiceError | null;
    readonly message: MessageShape<M["output"]> | undefined;
    readonly header: Metadata;
  }

  function call<M extends DescMethodUnary>(
    method: M,
    request: MessageShape<M["input"]>,
    authorization?: string,
  ): Promise<Answer<M>> {
    const metadata = new Metadata();
    if (authorization !== undefined) metadata.set("authorization", authorization);
    return new Promise((resolve) => {
      let header = new Metadata();
      client
        .makeUnaryRequest<MessageShape<M["input"]>, MessageShape<M["output"]>>(
          `/${method.parent.typeName}/${method.name}`,
          (message) => Buffer.from(toBinary(method.input, message)),
          (bytes) => fromBinary(method.output, bytes) as MessageShape<M["output"]>,
          request,
          metadata,
          (error, message) => resolve({ error, message, header }),
        )
        .on("metadata", (received) => {
          header = received;
        });
    });
  }

  function logIn(user: string, password: string) {
    return call(
      AuthService.method.logIn,
      create(LogInRequestSchema, { proof: { case: "password", value: { user, password } } }),
    );
  }

  test("grpc-js logs in, presents the token and is given the next one", async () => {
    const opened = await logIn("ada", "pass:word");
    assert.equal(opened.error, null);
    const [authorization] = opened.header.get("authorization");
    assert.equal(authorization, `Bearer ${opened.message?.token}`);

    const who = await call(AuthService.method.whoAmI, create(WhoAmIRequestSchema), String(authorization));
    assert.equal(who.message?.caller?.identity?.subject, "ada");
    assert.deepEqual(who.header.get("authorization"), []);
    server.advance(rotateAfterMs);
    const later = await call(AuthService.method.whoAmI, create(WhoAmIRequestSchema), String(authorization));
    assert.match(String(later.header.get("authorization")[0]), /^Bearer sps_/);
  });

  test("grpc-js presents a password in the metadata and is given a token", async () => {
    const basic = `Basic ${btoa("ada:pass:word")}`;
    const who = await call(AuthService.method.whoAmI, create(WhoAmIRequestSchema), basic);
    assert.equal(who.message?.caller?.identity?.subject, "ada");
    assert.match(String(who.header.get("authorization")[0]), /^Bearer sps_/);
  });

  test("grpc-js sees why it was refused", async () => {
    for (const [answer, reason] of [
      [await logIn("ada", "wrong"), "invalid_credentials"],
      [await call(AuthService.method.whoAmI, create(WhoAmIRequestSchema)), "no_credentials"],
    ] as const) {
      assert.equal(answer.error?.code, status.UNAUTHENTICATED);
      assert.deepEqual(answer.error.metadata.get("sallyport-reason"), [reason]);
    }
  });

  test("grpc-js is given the next token in the initial metadata also when the service fails", async () => {
    const opened = await logIn("bob", "hunter2");
    const token = `Bearer ${opened.message?.token}`;
    await call(AuthService.method.whoAmI, create(WhoAmIRequestSchema), token);
    server.advance(rotateAfterMs);
    const failed = await call(TalkService.method.say, create(StringValueSchema, { value: "fail" }), token);
    assert.equal(failed.error?.code, status.PERMISSION_DENIED);
    assert.match(String(failed.header.get("authorization")[0]), /^Bearer sps_/);
  });
});
