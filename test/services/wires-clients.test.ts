// The wires of Flight and Deephaven Core, seen by the two gRPC clients that live in Node.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  create,
  type DescMethod,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { Code, type ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { Client, credentials, Metadata, status } from "@grpc/grpc-js";
import { FlightService, HandshakeRequestSchema } from "../../src/gen/arrow/flight/protocol/flight_pb.js";
import { ConfigService } from "../../src/gen/io/deephaven/proto/backplane/grpc/config_pb.js";
import { SessionService } from "../../src/gen/io/deephaven/proto/backplane/grpc/session_pb.js";
import { session, start, type WireServer } from "./flight/server.js";

const password = `Basic ${Buffer.from("user:p:w").toString("base64")}`;
const basicAuth = Buffer.from("1204757365721a03703a77", "hex"); // BasicAuth{user, p:w}

let server: WireServer;
let client: Client;
describe("services/wires-clients", () => {
  before(async () => {
    server = await start();
    client = new Client(new URL(server.origin).host, credentials.createInsecure());
  });
  after(async () => {
    client.close();
    await server.close();
  });

  interface Seen<M extends DescMethod> {
    readonly messages: readonly MessageShape<M["output"]>[];
    /** Initial metadata; `undefined` where none came before the status. */
    readonly initial: Metadata | undefined;
    readonly code: status;
    readonly trailing: Metadata;
  }

  /** A call by grpc-js, as a stream, so that each block is seen. */
  function call<M extends DescMethod>(
    method: M,
    headers: Readonly<Record<string, string>>,
    ...requests: readonly MessageInitShape<M["input"]>[]
  ): Promise<Seen<M>> {
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
    const stream = client.makeBidiStreamRequest<MessageInitShape<M["input"]>, MessageShape<M["output"]>>(
      `/${method.parent.typeName}/${method.name}`,
      (message) => Buffer.from(toBinary(method.input, create(method.input, message))),
      (bytes) => fromBinary(method.output, bytes) as MessageShape<M["output"]>,
      metadata,
      {},
    );
    for (const request of requests) stream.write(request);
    stream.end();
    return new Promise((resolve) => {
      const messages: MessageShape<M["output"]>[] = [];
      let initial: Metadata | undefined;
      stream.on("metadata", (received) => {
        initial = received;
      });
      stream.on("data", (message) => messages.push(message));
      stream.on("error", () => {});
      stream.on("status", ({ code, metadata: trailing }) => resolve({ messages, initial, code, trailing }));
    });
  }

  const tokenIn = (metadata: Metadata | undefined) => String(metadata?.get("authorization"));

  test("grpc-js logs in by header and by message, and is let in with either token", async () => {
    const byHeader = await call(FlightService.method.handshake, { authorization: password });
    assert.deepEqual([byHeader.code, byHeader.messages.length], [status.OK, 0]);
    assert.match(tokenIn(byHeader.initial), /^Bearer sps_/);

    const byMessage = await call(FlightService.method.handshake, {}, { payload: basicAuth });
    assert.deepEqual([byMessage.code, byMessage.messages.length], [status.OK, 1]);
    const token = `Bearer ${Buffer.from(byMessage.messages[0]?.payload ?? []).toString()}`;
    for (const authorization of [tokenIn(byHeader.initial), token]) {
      const answer = await call(ConfigService.method.getConfigurationConstants, { authorization }, {});
      assert.deepEqual([answer.code, tokenIn(answer.initial)], [status.OK, authorization]);
    }
    const wrong = await call(FlightService.method.handshake, { authorization: "Basic eDp5" });
    assert.deepEqual(
      [wrong.code, wrong.trailing.get("sallyport-reason")],
      [status.UNAUTHENTICATED, ["invalid_credentials"]],
    );
  });

  test("grpc-js sees the token in the initial metadata of an answer, and in the trailers of one that has no other", async () => {
    const first = await call(ConfigService.method.getConfigurationConstants, { authorization: password }, {});
    const authorization = tokenIn(first.initial);
    const failed = await call(SessionService.method.refreshSessionToken, { authorization }, { authProtocol: 7 });
    assert.deepEqual(
      [failed.code, failed.initial, tokenIn(failed.trailing)],
      [status.INVALID_ARGUMENT, undefined, authorization],
    );
    server.advance(session.rotateAfterMs);
    const turned = await call(SessionService.method.refreshSessionToken, { authorization }, {});
    assert.match(tokenIn(turned.initial), /^Bearer sps_/);
    assert.notEqual(tokenIn(turned.initial), authorization);
    assert.equal((await call(SessionService.method.closeSession, { authorization }, {})).code, status.OK);
    assert.equal((await call(SessionService.method.closeSession, { authorization }, {})).code, status.UNAUTHENTICATED);
  });

  for (const [name, createTransport] of [
    ["gRPC", createGrpcTransport],
    ["gRPC-Web", createGrpcWebTransport],
  ] as const) {
    test(`connect-es over ${name} logs in, follows rotation and closes`, async () => {
      const transport = createTransport({ baseUrl: server.origin, httpVersion: "2" } as never);
      const config = createClient(ConfigService, transport);
      const sessions = createClient(SessionService, transport);
      let authorization = password;
      const options = () => ({
        headers: { authorization },
        onHeader: (headers: Headers) => {
          authorization = headers.get("authorization") ?? authorization;
        },
      });
      const constants = await config.getConfigurationConstants({}, options());
      assert.equal(constants.configValues["http.session.durationMs"]?.kind.value, "50000");
      assert.match(authorization, /^Bearer sps_/);
      const first = authorization;
      server.advance(session.rotateAfterMs);
      await sessions.refreshSessionToken({}, options());
      assert.notEqual(authorization, first);
      await sessions.closeSession({}, options());
      await assert.rejects(config.getConfigurationConstants({}, options()), (error: ConnectError) => {
        assert.equal(error.code, Code.Unauthenticated);
        assert.equal(error.metadata.get("sallyport-reason"), "revoked");
        return true;
      });
      await assert.rejects(config.getConfigurationConstants({}), { code: Code.Unauthenticated });
      assert.ok((await config.getAuthenticationConstants({})).configValues.AuthHandlers);
    });
  }

  test("connect-es shakes hands as a stream", async () => {
    const flight = createClient(FlightService, createGrpcTransport({ baseUrl: server.origin }));
    async function* requests() {
      yield create(HandshakeRequestSchema, { payload: basicAuth });
    }
    const tokens: string[] = [];
    for await (const { payload } of flight.handshake(requests())) tokens.push(Buffer.from(payload).toString());
    assert.equal(tokens.length, 1);
    assert.match(tokens[0] ?? "", /^sps_/);
  });
});
