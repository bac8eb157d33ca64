import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  AuthenticationConstantsResponseSchema,
  ConfigurationConstantsResponseSchema,
} from "../../../src/gen/io/deephaven/proto/backplane/grpc/config_pb.js";
import {
  HandshakeRequestSchema,
  HandshakeResponseSchema,
  TerminationNotificationResponseSchema,
} from "../../../src/gen/io/deephaven/proto/backplane/grpc/session_pb.js";
import { openCall, type RawAnswer, rawCall, statusOf } from "./raw-call.js";
import { anonymousClass, cookieName, key, pskClass, session, start, type WireServer } from "./server.js";

const backplane = "/io.deephaven.proto.backplane.grpc";
const configuration = `${backplane}.ConfigService/GetConfigurationConstants`;
const authentication = `${backplane}.ConfigService/GetAuthenticationConstants`;
const [newSession, refresh, close, termination] = [
  "NewSession",
  "RefreshSessionToken",
  "CloseSession",
  "TerminationNotification",
].map((name) => `${backplane}.SessionService/${name}`) as [string, string, string, string];

const empty = [new Uint8Array()];
const password = `Basic ${Buffer.from("user:p:w").toString("base64")}`;
const durationMs = session.idleMs - session.rotateAfterMs;

let server: WireServer;
describe("services/flight/deephaven-core", () => {
  before(async () => {
    server = await start({
      configurationConstants: { "web.title": "ours" },
      authenticationConstants: { welcome: "yes" },
    });
  });
  after(() => server.close());

  const call = (path: string, headers: Record<string, string> = {}, messages: readonly Uint8Array[] = empty) =>
    rawCall(server.origin, path, headers, messages);

  function tokenOf(answer: RawAnswer): string {
    const [, token = ""] = /^Bearer (sps_[A-Za-z0-9_-]{80})$/.exec(String(answer.headers.authorization)) ?? [];
    assert.notEqual(token, "", JSON.stringify(answer.headers));
    return token;
  }

  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const open = async () => tokenOf(await call(configuration, { authorization: password }));

  function constants(
    answer: RawAnswer,
    schema: typeof ConfigurationConstantsResponseSchema | typeof AuthenticationConstantsResponseSchema,
  ) {
    assert.equal(statusOf(answer).code, 0);
    const { configValues } = fromBinary(schema, answer.messages[0] ?? new Uint8Array());
    return Object.fromEntries(Object.entries(configValues).map(([name, { kind }]) => [name, kind.value]));
  }

  test("everybody may read how to log in: the class names that pages look for", async () => {
    const answer = await call(authentication);
    assert.deepEqual(constants(answer, AuthenticationConstantsResponseSchema), {
      AuthHandlers: `${pskClass},${anonymousClass}`,
      welcome: "yes",
    });
    assert.equal(answer.headers.authorization, undefined);
    assert.equal(statusOf(await call(authentication, { authorization: "Basic junk" })).reason, "invalid_credentials");
  });

  test("a credential on the first call is answered with settings, and a token in the initial metadata", async () => {
    for (const authorization of [password, "Anonymous", `${pskClass} ${key}`]) {
      const answer = await call(configuration, { authorization });
      assert.deepEqual(constants(answer, ConfigurationConstantsResponseSchema), {
        "http.session.durationMs": String(durationMs),
        "web.title": "ours",
      });
      tokenOf(answer);
      assert.equal(answer.trailers?.authorization, undefined);
    }
    assert.equal(statusOf(await call(configuration)).reason, "no_credentials");
  });

  test("two clients that share a connection and a password each get a session", async () => {
    assert.notEqual(await open(), await open());
  });

  test("every answer carries the current token, on failures in the trailers, whichever carrier brought it", async () => {
    const token = await open();
    for (const headers of [
      bearer(token),
      { "auth-token-bin": Buffer.from(token).toString("base64") },
      { cookie: `${cookieName}=${token}` },
    ]) {
      assert.equal(tokenOf(await call(configuration, headers)), token);
      for (const path of [
        refresh,
        `${backplane}.TableService/FetchTable`,
        `${backplane}.SessionService/Release`,
        close,
      ]) {
        const failed = await call(path, headers, [
          toBinary(HandshakeRequestSchema, create(HandshakeRequestSchema, { authProtocol: 1 })),
        ]);
        assert.ok([3, 12].includes(statusOf(failed).code), path);
        assert.equal(failed.headers.authorization, path.includes("TableService") ? undefined : `Bearer ${token}`, path);
      }
    }
  });

  test("the token turns when it is due, every older one is good for its time, and all die with the session", async () => {
    const tokens = [await open()];
    for (let turn = 0; turn < 4; turn++) {
      server.advance(session.rotateAfterMs);
      tokens.push(tokenOf(await call(configuration, bearer(tokens.at(-1) ?? ""))));
    }
    assert.equal(new Set(tokens).size, 5);
    const last = tokens.at(-1) ?? "";
    for (const token of tokens) assert.equal(tokenOf(await call(configuration, bearer(token))), last);

    const closed = await call(close, bearer(tokens[0] ?? ""));
    assert.equal(statusOf(closed).code, 0);
    assert.equal(closed.headers.authorization, undefined, "a dead token is not given back");
    for (const token of tokens) {
      assert.deepEqual([statusOf(await call(configuration, bearer(token))).reason], ["revoked"]);
      assert.equal(statusOf(await call(close, bearer(token))).code, 16);
    }
  });

  test("a client that comes back after half of its duration stays; one that stays away is logged out", async () => {
    let token = await open();
    for (let round = 0; round < 10; round++) {
      server.advance(durationMs / 2);
      token = tokenOf(await call(configuration, bearer(token)));
    }
    server.advance(durationMs - 1);
    token = tokenOf(await call(configuration, bearer(token)));
    server.advance(session.idleMs);
    assert.equal(statusOf(await call(configuration, bearer(token))).reason, "expired");
  });

  test("who has no session opens none by closing it", async () => {
    const opened = () => server.events.filter(({ kind }) => kind === "session-opened").length;
    const before = opened();
    assert.equal(statusOf(await call(close, { authorization: password })).code, 0);
    assert.equal(statusOf(await call(close)).code, 16);
    assert.equal(opened(), before);
  });

  test("NewSession lets nobody in without credentials, whatever the message says", async () => {
    const message = toBinary(
      HandshakeRequestSchema,
      create(HandshakeRequestSchema, { payload: Buffer.from(password) }),
    );
    assert.equal(statusOf(await call(newSession, {}, [message])).reason, "no_credentials");
    assert.equal(statusOf(await call(newSession, { authorization: "Basic junk" }, [message])).code, 16);

    const answer = await call(newSession, { authorization: password }, [message]);
    const body = fromBinary(HandshakeResponseSchema, answer.messages[0] ?? new Uint8Array());
    assert.equal(Buffer.from(body.metadataHeader).toString(), "Authorization");
    assert.equal(Buffer.from(body.sessionToken).toString(), answer.headers.authorization);
  });

  test("RefreshSessionToken tells the current token and until when it is good", async () => {
    const token = await open();
    server.advance(session.rotateAfterMs);
    const answer = await call(refresh, bearer(token));
    const body = fromBinary(HandshakeResponseSchema, answer.messages[0] ?? new Uint8Array());
    assert.notEqual(tokenOf(answer), token);
    assert.equal(Buffer.from(body.sessionToken).toString(), `Bearer ${tokenOf(answer)}`);
    assert.equal(body.tokenExpirationDelayMillis, BigInt(durationMs));
    assert.equal(body.tokenDeadlineTimeMillis, BigInt(server.platform.now() + durationMs));
    assert.equal(statusOf(await call(refresh)).reason, "no_credentials");
  });

  test("another protocol than 0 and a message that is none are invalid arguments", async () => {
    const token = await open();
    const other = toBinary(HandshakeRequestSchema, create(HandshakeRequestSchema, { authProtocol: 1 }));
    for (const path of [refresh, newSession, close]) {
      for (const message of [other, Buffer.of(0xff)]) {
        assert.equal(statusOf(await call(path, bearer(token), [message])).code, 3, path);
      }
    }
    assert.equal(tokenOf(await call(configuration, bearer(token))), token);
  });

  test("the cookie is set for whoever asks, and is as good as the token", async () => {
    const asked = { authorization: password, "x-deephaven-auth-cookie-request": "true" };
    const answer = await call(configuration, asked);
    const token = tokenOf(answer);
    const attributes = `${cookieName}=${token}; Path=/; Secure; HttpOnly; SameSite=Strict`;
    assert.deepEqual(answer.headers["set-cookie"], [attributes]);
    const again = await call(configuration, { cookie: `other=1; ${cookieName}=${token}` });
    assert.equal(tokenOf(again), token);
    assert.deepEqual(again.headers["set-cookie"], [attributes]);
    assert.equal((await call(configuration, bearer(token))).headers["set-cookie"], undefined);
  });

  test("TerminationNotification waits for the end of the session, and is answered when the server stops", async () => {
    const stop = new AbortController();
    const own = await start({ signal: stop.signal });
    try {
      const token = async () => tokenOf(await rawCall(own.origin, configuration, { authorization: password }, empty));
      const [first, second] = [await token(), await token()];
      const [ended, stopped] = [
        openCall(own.origin, termination, bearer(first)),
        openCall(own.origin, termination, bearer(second)),
      ];
      for (const held of [ended, stopped]) {
        held.send(new Uint8Array());
        held.halfClose();
      }
      await rawCall(own.origin, configuration, bearer(second), empty);
      own.advance(20_000);
      await rawCall(own.origin, configuration, bearer(second), empty);
      assert.equal(ended.headersSeen() || stopped.headersSeen(), false);

      await rawCall(own.origin, close, bearer(first), empty);
      assert.deepEqual([statusOf(await ended.answer).code, statusOf(await ended.answer).reason], [16, "revoked"]);
      stop.abort();
      const answer = await stopped.answer;
      assert.equal(statusOf(answer).code, 0);
      const { reason } = fromBinary(TerminationNotificationResponseSchema, answer.messages[0] ?? new Uint8Array());
      assert.equal(reason, "The server is about to stop.");
    } finally {
      await own.close();
    }
  });

  test("a store that cannot answer is 14 and not 16, so that nobody throws a good token away", async () => {
    const token = await open();
    server.broken.store = true;
    try {
      assert.equal(statusOf(await call(configuration, bearer(token))).code, 14);
    } finally {
      server.broken.store = false;
    }
  });
});
