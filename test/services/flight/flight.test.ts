import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { HandshakeRequestSchema, HandshakeResponseSchema } from "../../../src/gen/arrow/flight/protocol/flight_pb.js";
import { WrappedAuthenticationRequestSchema } from "../../../src/gen/io/deephaven/proto/backplane/grpc/session_pb.js";
import { openCall, type RawAnswer, rawCall, statusOf } from "./raw-call.js";
import { key, pskClass, session, start, type WireServer } from "./server.js";

const handshake = "/arrow.flight.protocol.FlightService/Handshake";
const listActions = "/arrow.flight.protocol.FlightService/ListActions";

let server: WireServer;
describe("services/flight/flight", () => {
  before(async () => {
    server = await start();
  });
  after(() => server.close());

  const utf8 = (text: string) => Buffer.from(text);
  const base64 = (text: string) => utf8(text).toString("base64");
  const hex = (text: string) => Buffer.from(text, "hex");

  function request(payload: Uint8Array): Uint8Array {
    return toBinary(HandshakeRequestSchema, create(HandshakeRequestSchema, { payload }));
  }

  function wrapped(type: string, payload: Uint8Array | string): Uint8Array {
    const bytes = typeof payload === "string" ? utf8(payload) : payload;
    return request(
      toBinary(
        WrappedAuthenticationRequestSchema,
        create(WrappedAuthenticationRequestSchema, { type, payload: bytes }),
      ),
    );
  }

  /** A field of a message by hand: length-delimited, shorter than 128 bytes. */
  function field(number: number, bytes: Uint8Array): Buffer {
    return Buffer.concat([Buffer.of((number << 3) | 2, bytes.length), bytes]);
  }

  function basicAuth(user: string, password: string): Buffer {
    return Buffer.concat([field(2, utf8(user)), field(3, utf8(password))]);
  }

  function tokenIn(message: Uint8Array | undefined): string {
    assert.ok(message !== undefined, "a message came");
    const token = Buffer.from(fromBinary(HandshakeResponseSchema, message).payload).toString("latin1");
    assert.match(token, /^sps_[A-Za-z0-9_-]{80}$/);
    return token;
  }

  function tokenOf(answer: RawAnswer): string {
    assert.deepEqual(statusOf(answer), { code: 0, reason: undefined, message: "" });
    return tokenIn(answer.messages[0]);
  }

  async function whoIs(token: string): Promise<string> {
    const rawHeaders = ["authorization", `Bearer ${token}`];
    const decision = await server.auth.authenticate({
      method: "POST",
      path: "/",
      rawHeaders,
      peer: { address: "", trusted: false },
    });
    assert.equal(decision.kind, "allowed");
    return decision.kind === "allowed" ? decision.caller.identity.subject : "";
  }

  const logIn = (...messages: readonly Uint8Array[]) => rawCall(server.origin, handshake, {}, messages);

  test("the vectors of the wire: a BasicAuth as pyarrow and Java send it", async () => {
    const message = hex("120a1204757365721a027077");
    assert.deepEqual(Buffer.from(request(hex("1204757365721a027077"))), message);
    assert.equal(statusOf(await logIn(message)).reason, "invalid_credentials");
    assert.equal(await whoIs(tokenOf(await logIn(request(basicAuth("user", "p:w"))))), "user");
    assert.equal(await whoIs(tokenOf(await logIn(request(basicAuth("grüße", "pässwörd:1"))))), "grüße");
  });

  test("a log-in by message is answered with one message, without a header, and ends though the client does not", async () => {
    const call = openCall(server.origin, handshake);
    call.send(request(basicAuth("user", "p:w")));
    const answer = await call.answer;
    assert.equal(answer.headers.authorization, undefined);
    assert.equal(answer.messages.length, 1);
    tokenOf(answer);
  });

  test("a wrapped payload goes to the handler of exactly that name", async () => {
    assert.equal(await whoIs(tokenOf(await logIn(wrapped(pskClass, key)))), "robot");
    assert.equal(await whoIs(tokenOf(await logIn(wrapped("PSK", key)))), "robot");
    assert.equal(await whoIs(tokenOf(await logIn(wrapped("Anonymous", "")))), "guest");
    for (const type of ["psk", pskClass.toLowerCase(), "anonymous", "basic", "constructor", "", `${pskClass} `]) {
      assert.equal(statusOf(await logIn(wrapped(type, key))).reason, "invalid_credentials", type);
    }
    assert.equal(statusOf(await logIn(wrapped(pskClass, `${key}x`))).reason, "invalid_credentials");
    assert.equal(statusOf(await logIn(wrapped("Anonymous", "x"))).reason, "invalid_credentials");
  });

  test("a wrapped Basic is a BasicAuth again, or user:password as Deephaven's Go client sends it", async () => {
    assert.equal(await whoIs(tokenOf(await logIn(wrapped("Basic", basicAuth("user", "p:w"))))), "user");
    assert.equal(await whoIs(tokenOf(await logIn(wrapped("Basic", "user:p:w")))), "user");
    for (const payload of ["user:wrong", base64("user:p:w"), "user", "", "\xff"]) {
      assert.equal(statusOf(await logIn(wrapped("Basic", payload))).reason, "invalid_credentials", payload);
    }
  });

  test("a BasicAuth is read strictly: each field once, both there, nothing else, and in UTF-8", async () => {
    const [user, password] = [field(2, utf8("user")), field(3, utf8("p:w"))];
    assert.equal(await whoIs(tokenOf(await logIn(request(Buffer.concat([password, user]))))), "user");
    const strange = [
      user,
      password,
      Buffer.concat([user, user, password]),
      Buffer.concat([user, password, password]),
      Buffer.concat([user, password, field(4, utf8("x"))]),
      Buffer.concat([user, password, Buffer.of(0x08, 0x01)]),
      Buffer.concat([user, Buffer.of(0x18, 0x01)]),
      Buffer.concat([user, password.subarray(0, -1)]),
      Buffer.concat([field(2, Buffer.of(0xff)), password]),
      Buffer.alloc(0),
      utf8("junk"),
    ];
    for (const payload of strange) {
      assert.equal(statusOf(await logIn(request(payload))).reason, "invalid_credentials", payload.toString("hex"));
    }
  });

  test("a user name with a colon is nobody's, whatever the password makes of it", async () => {
    assert.equal(statusOf(await logIn(request(basicAuth("user:p", "w")))).reason, "invalid_credentials");
  });

  test("the version of the protocol is not looked at", async () => {
    const message = create(HandshakeRequestSchema, { protocolVersion: 99n, payload: basicAuth("user", "p:w") });
    assert.equal(await whoIs(tokenOf(await logIn(toBinary(HandshakeRequestSchema, message)))), "user");
  });

  test("challenge and response: a handler may ask for further rounds, bare or wrapped", async () => {
    for (const reply of [request(utf8("321")), wrapped("Backwards", "321")]) {
      const call = openCall(server.origin, handshake);
      call.send(wrapped("Backwards", "123"));
      const challenge = fromBinary(HandshakeResponseSchema, (await call.next()) ?? new Uint8Array());
      assert.equal(Buffer.from(challenge.payload).toString(), "reverse 123");
      call.send(reply);
      call.halfClose();
      const answer = await call.answer;
      assert.equal(statusOf(answer).code, 0);
      assert.equal(await whoIs(tokenIn(answer.messages[1])), "riddler");
    }
  });

  test("a wrong response ends the stream with the denial in its trailers, and the challenge is spent", async () => {
    const call = openCall(server.origin, handshake);
    call.send(wrapped("Backwards", "123"));
    await call.next();
    call.send(request(utf8("123")));
    call.send(request(utf8("321")));
    call.halfClose();
    const answer = await call.answer;
    assert.equal(answer.messages.length, 1);
    assert.deepEqual([statusOf(answer).code, statusOf(answer).reason], [16, "invalid_credentials"]);
    assert.equal(answer.headers["grpc-status"], undefined);
  });

  test("a client that half-closes without a log-in, or before its last round, is told that it is required", async () => {
    assert.deepEqual(statusOf(await logIn()), {
      code: 16,
      reason: "no_credentials",
      message: "Authentication is required.",
    });
    assert.equal(statusOf(await logIn(wrapped("Backwards", "123"))).reason, "no_credentials");
  });

  test("a wrapped Bearer gives the current token of a live session, and refuses any other at once", async () => {
    const first = tokenOf(await logIn(request(basicAuth("user", "p:w"))));
    assert.equal(tokenOf(await logIn(wrapped("Bearer", first))), first);
    server.advance(session.rotateAfterMs);
    const second = tokenOf(await logIn(wrapped("Bearer", first)));
    assert.notEqual(second, first);
    assert.equal(tokenOf(await logIn(wrapped("Bearer", first))), second);

    for (const token of [`sps_${"A".repeat(80)}`, "b3b0a3a8-8a3c-4c55-9f5e-0d7e1f0a1b2c", "", "sps_"]) {
      const call = openCall(server.origin, handshake);
      call.send(wrapped("Bearer", token));
      const answer = await call.answer; // without a half-close
      assert.equal(statusOf(answer).code, 16, token);
    }
  });

  test("a header logs in: no message, nothing before the half-close, then the token in the initial metadata", async () => {
    for (const authorization of [
      `Basic ${base64("user:p:w")}`,
      `basic ${base64("grüße:pässwörd:1")}`,
      `${pskClass} ${key}`,
      "Anonymous",
      "Bearer Anonymous",
    ]) {
      const call = openCall(server.origin, handshake, { authorization });
      call.send(request(basicAuth("user", "wrong"))); // not looked at
      await rawCall(server.origin, handshake, { authorization: "Anonymous" });
      assert.equal(call.headersSeen(), false);
      call.halfClose();
      const answer = await call.answer;
      assert.equal(answer.messages.length, 0);
      assert.equal(statusOf(answer).code, 0);
      assert.match(String(answer.headers.authorization), /^Bearer sps_/, authorization);
      assert.equal(answer.trailers?.["grpc-status"], "0");
      assert.ok((await whoIs(String(answer.headers.authorization).slice("Bearer ".length))).length > 0);
    }
  });

  test("each log-in by header opens a session of its own, also on one connection", async () => {
    const authorization = `Basic ${base64("user:p:w")}`;
    const tokens = new Set<unknown>();
    for (let call = 0; call < 3; call++) {
      tokens.add((await rawCall(server.origin, handshake, { authorization })).headers.authorization);
    }
    assert.equal(tokens.size, 3);
  });

  test("base64 without padding, as ADBC sends it, is taken on this wire; anything else that is not strict is not", async () => {
    for (const text of [base64("user:p:w").replace(/=+$/, ""), base64("user:p:w")]) {
      const answer = await rawCall(server.origin, handshake, { authorization: `Basic ${text}` });
      assert.match(String(answer.headers.authorization), /^Bearer sps_/);
    }
    const strict = base64("user:p:w"); // dXNlcjpwOnc=
    for (const text of [`${strict}=`, strict.replace("w", "-"), `${strict.slice(0, -2)}x`, strict.slice(0, -3), ""]) {
      const answer = await rawCall(server.origin, handshake, { authorization: `Basic ${text}`.trimEnd() });
      assert.deepEqual([statusOf(answer).code, statusOf(answer).reason], [16, "invalid_credentials"], text);
    }
    const elsewhere = "/io.deephaven.proto.backplane.grpc.ConfigService/GetConfigurationConstants";
    const unpadded = { authorization: `Basic ${strict.replace(/=+$/, "")}` };
    assert.equal(
      statusOf(await rawCall(server.origin, elsewhere, unpadded, [new Uint8Array()])).reason,
      "invalid_credentials",
    );
  });

  test("a bad header ends the call before any message is looked at, though the message is good", async () => {
    const authorization = `Basic ${base64("user:wrong")}`;
    const answer = await rawCall(server.origin, handshake, { authorization }, [request(basicAuth("user", "p:w"))]);
    assert.equal(statusOf(answer).reason, "invalid_credentials");
    assert.equal(answer.trailers, undefined);
  });

  test("with its token, in authorization or auth-token-bin, a client is let in, and without it is not", async () => {
    const token = tokenOf(await logIn(request(basicAuth("user", "p:w"))));
    for (const headers of [{ authorization: `Bearer ${token}` }, { "auth-token-bin": base64(token) }]) {
      const answer = await rawCall(server.origin, listActions, headers, [new Uint8Array()]);
      assert.deepEqual([statusOf(answer).code, statusOf(answer).reason], [12, "no_procedure"]);
      assert.equal(answer.headers.authorization, `Bearer ${token}`);
    }
    assert.equal(statusOf(await rawCall(server.origin, listActions, {}, [new Uint8Array()])).reason, "no_credentials");
  });

  test("a dead or empty auth-token-bin, which Go's client sends along, does not stand in the way of a log-in", async () => {
    const dead = tokenOf(await logIn(request(basicAuth("user", "p:w"))));
    await server.auth.sessions.endSubject("user");
    server.advance(1);
    for (const token of [dead, "", "junk"]) {
      const headers = { "auth-token-bin": base64(token) };
      assert.equal(
        await whoIs(tokenOf(await rawCall(server.origin, handshake, headers, [request(basicAuth("user", "p:w"))]))),
        "user",
      );
      assert.equal(statusOf(await rawCall(server.origin, listActions, headers, [new Uint8Array()])).code, 16);
    }
  });

  test("a handler that fails is 14 and not 16, in a message as in a header", async () => {
    server.broken.verify = true;
    try {
      const authorization = `Basic ${base64("user:other")}`;
      for (const answer of [
        await logIn(request(basicAuth("user", "p:w"))),
        await rawCall(server.origin, handshake, { authorization }),
      ]) {
        assert.deepEqual([statusOf(answer).code, statusOf(answer).reason], [14, "unavailable"]);
      }
    } finally {
      server.broken.verify = false;
    }
  });

  test("what is no HandshakeRequest is an invalid argument", async () => {
    assert.equal(statusOf(await logIn(hex("ff"))).code, 3);
  });

  test("who guesses is cut off after eight messages", async () => {
    const call = openCall(server.origin, handshake);
    for (let round = 0; round < 8; round++) {
      call.send(wrapped("Backwards", "123"));
      await Promise.race([call.next(), call.answer]);
    }
    call.send(wrapped("Backwards", "123"));
    assert.notEqual(statusOf(await call.answer).code, 0);
  });

  test("a handshake that says nothing is cut off after ten seconds, by header as by message", async () => {
    for (const headers of [{}, { authorization: "Anonymous" }]) {
      const call = openCall(server.origin, handshake, headers);
      await rawCall(server.origin, handshake, { authorization: "Anonymous" });
      await new Promise((resolve) => setTimeout(resolve, 20)); // the server has seen both streams
      server.advance(10_000);
      assert.equal((await call.answer).rstCode, 8);
    }
  });

  test("with keepOpen, further messages on the stream renew, and the stream ends with its session", async () => {
    const open = await start({ keepOpen: true });
    try {
      const call = openCall(open.origin, handshake);
      call.send(wrapped("Basic", "user:p:w"));
      const first = tokenIn(await call.next());
      open.advance(session.rotateAfterMs);
      call.send(wrapped("Bearer", first));
      const second = tokenIn(await call.next());
      assert.notEqual(second, first);
      open.advance(15_000);
      call.send(wrapped("Bearer", second));
      tokenIn(await call.next());
      await open.auth.sessions.endSubject("user");
      assert.equal((await call.answer).rstCode, 8);
    } finally {
      await open.close();
    }
  });

  test("with keepOpen, the stream ends well when the client half-closes", async () => {
    const open = await start({ keepOpen: true });
    try {
      const answer = await rawCall(open.origin, handshake, {}, [request(basicAuth("user", "p:w"))]);
      assert.equal(statusOf(answer).code, 0);
      tokenIn(answer.messages[0]);
    } finally {
      await open.close();
    }
  });
});
