import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { HandshakeRequestSchema } from "../../src/gen/arrow/flight/protocol/flight_pb.js";
import {
  HandshakeRequestSchema as CoreRequestSchema,
  HandshakeResponseSchema as CoreResponseSchema,
} from "../../src/gen/io/deephaven/proto/backplane/grpc/session_pb.js";
import { openCall, type RawAnswer, rawCall, statusOf } from "../services/flight/raw-call.js";
import type { Observation } from "./environment.js";
import { cookieName, outage } from "./people.js";

const handshake = "/arrow.flight.protocol.FlightService/Handshake";
const backplane = "/io.deephaven.proto.backplane.grpc";
const settings = `${backplane}.ConfigService/GetConfigurationConstants`;
const empty = [new Uint8Array()];
const names = ["OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED"];
const later: Readonly<Record<number, string>> = {
  7: "PERMISSION_DENIED",
  12: "UNIMPLEMENTED",
  14: "UNAVAILABLE",
  16: "UNAUTHENTICATED",
};

const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
const bin = (token: string) => ({ "auth-token-bin": Buffer.from(token).toString("base64") });

/** What no client library shows: frame by frame, with credentials that no library would send. */
export async function lookAtWire(port: number): Promise<readonly Observation[]> {
  const origin = `http://127.0.0.1:${port}`;
  const seen: Observation[] = [];
  const saw = (name: string, what: string) => seen.push({ name, saw: what });
  const call = (path: string, headers: Record<string, string> = {}, messages: readonly Uint8Array[] = empty) =>
    rawCall(origin, path, headers, messages);
  const open = async () => tokenOf(await call(settings, { authorization: basic("user", "p:w") }));
  const code = async (headers: Record<string, string>, path = settings) => word(await call(path, headers));

  const first = await call(settings, { authorization: basic("user", "p:w") });
  saw("the token is", `${tokenOf(first).length} characters in the header block`);
  saw("five calls with a password", `${new Set(await Promise.all([1, 2, 3, 4, 5].map(open))).size} sessions`);

  const byHeader = openCall(origin, handshake, { authorization: basic("user", "p:w") });
  await open();
  const early = byHeader.headersSeen();
  byHeader.halfClose();
  const answer = await byHeader.answer;
  saw("Handshake by header", `${answer.messages.length} messages, ${early ? "before" : "after"} the half-close`);

  const good = toBinary(
    HandshakeRequestSchema,
    create(HandshakeRequestSchema, { payload: Buffer.from("1204757365721a03703a77", "hex") }),
  );
  saw(
    "Handshake: a bad header beside a good message",
    word(await call(handshake, { authorization: basic("user", "x") }, [good])),
  );
  saw("Handshake: neither header nor message", word(await call(handshake, {}, [])));
  saw(
    "Basic without padding",
    word(await call(handshake, { authorization: basic("user", "p:w").replace(/=+$/, "") }, [])),
  );
  saw("Basic with broken base64", await code({ authorization: "Basic %%%" }));
  saw("Basic while the user directory is down", await code({ authorization: basic(outage, "x") }));

  saw("NewSession without credentials", newSession(await call(`${backplane}.SessionService/NewSession`)));
  saw(
    "GetAuthenticationConstants without credentials",
    await code({}, `${backplane}.ConfigService/GetAuthenticationConstants`),
  );
  const other = toBinary(CoreRequestSchema, create(CoreRequestSchema, { authProtocol: 1 }));
  saw(
    "RefreshSessionToken, protocol 1",
    word(
      await call(`${backplane}.SessionService/RefreshSessionToken`, { authorization: `Bearer ${await open()}` }, [
        other,
      ]),
    ),
  );

  const [one, two] = [await open(), await open()];
  saw("a session in two carriers", await code({ authorization: `Bearer ${one}`, ...bin(one) }));
  saw("two sessions in two carriers", await code({ authorization: `Bearer ${one}`, ...bin(two) }));
  saw("a session beside a password", await code({ authorization: basic("user", "p:w"), ...bin(two) }));
  saw("a cookie beside another one", await code({ cookie: `a=b; ${cookieName}=${one}` }));
  const asked = await call(settings, {
    authorization: basic("user", "p:w"),
    "x-deephaven-auth-cookie-request": "true",
  });
  saw(
    "the cookie's attributes",
    String(asked.headers["set-cookie"]?.[0]).split("; ").slice(1).sort().join(", ") || "none",
  );

  await call(`${backplane}.SessionService/CloseSession`, { authorization: `Bearer ${one}` });
  saw("after CloseSession: the token", await code({ authorization: `Bearer ${one}` }));
  saw(
    "a dead cookie beside a live Bearer",
    await code({ authorization: `Bearer ${two}`, cookie: `${cookieName}=${one}` }),
  );
  return seen;
}

function word(answer: RawAnswer): string {
  const { code } = statusOf(answer);
  return names[code] ?? later[code] ?? String(code);
}

function tokenOf({ headers, trailers }: RawAnswer): string {
  return String(headers.authorization ?? trailers?.authorization).replace(/^Bearer /, "");
}

function newSession(answer: RawAnswer): string {
  if (statusOf(answer).code !== 0) return word(answer);
  const { sessionToken } = fromBinary(CoreResponseSchema, answer.messages[0] ?? new Uint8Array());
  return sessionToken.length > 0 ? "a token of a super user" : "nothing";
}
