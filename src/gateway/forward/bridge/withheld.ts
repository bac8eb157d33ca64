import { socketProtocolHeader } from "../../../credentials/socket-protocols.js";
import { AuthApi } from "../../../gen/io/deephaven/proto/auth/grpc/auth_service_pb.js";
import { AuthService } from "../../../gen/sallyport/v1/auth_service_pb.js";
import { valuesOf } from "../../../model/raw-headers.js";
import { fateOf, normalisedOf } from "../header-fate.js";

const backplane = "io.deephaven.proto.backplane.grpc.SessionService";

/**
 * Procedures whose messages hold tokens, in lower case: of the upstream in the answer, or of the gateway in the request. What
 * the gateway does not answer itself it refuses, where it logs in to the upstream for its callers.
 */
const withheld: ReadonlySet<string> = new Set(
  [
    ...[AuthService, AuthApi].flatMap(({ typeName, methods }) => methods.map(({ name }) => `/${typeName}/${name}`)),
    ...["NewSession", "RefreshSessionToken", "CloseSession"].map((name) => `/${backplane}/${name}`),
    "/arrow.flight.protocol.FlightService/Handshake",
    ...["OpenHandshake", "NextHandshake"].map((name) => `/io.deephaven.flightjs.protocol.BrowserFlightService/${name}`),
  ].map((path) => path.toLowerCase()),
);

/** Whether messages at this path of an upstream hold tokens, in whatever case the upstream takes it. */
export function holdsTokens(pathAndQuery: string): boolean {
  const [path = ""] = pathAndQuery.split("?", 1);
  return withheld.has(path.toLowerCase());
}

/**
 * Whether a request asks for a WebSocket of gRPC, such as `grpc-websockets` and `grpc-websockets-multiplex` of Deephaven. The
 * paths and the headers of its calls are in its frames: no token could be set there, and none withheld.
 */
export function asksCallsInFrames(headers: readonly string[]): boolean {
  return valuesOf(headers, socketProtocolHeader).some((offered) => /(?:^|,)\s*grpc-websockets/i.test(offered));
}

/**
 * Fields of requests that would reach the upstream beside the gateway's own token, by the one name that an upstream may know
 * them by: carriers of its clients, and the wish to get a token as a cookie.
 */
const carriers: ReadonlySet<string> = new Set(["authorization", "auth-token-bin", "x-deephaven-auth-cookie-request"]);

/** Returns the request's fields with the upstream's token, without other carriers of one. */
export function withToken(headers: readonly string[], token: string): string[] {
  const fields: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    if (carriers.has(normalisedOf(name))) continue;
    const value = headers[index + 1] as string;
    if (fateOf(name) !== "cookie") fields.push(name, value);
    else if (withoutOwnCookie(value) !== "") fields.push(name, withoutOwnCookie(value));
  }
  fields.push("authorization", `Bearer ${token}`);
  return fields;
}

/** Deephaven takes a session from a cookie of this name before it looks at `Authorization`. */
function withoutOwnCookie(cookies: string): string {
  const others = cookies.split(";").filter((pair) => pair.split("=", 1)[0]?.trim() !== "deephaven-auth-cookie");
  return others.join(";").trim();
}

/** Returns the fields of an answer without those that hold one of the tokens, as it is or percent-encoded, as in cookies. */
export function withoutTokens(fields: readonly string[], tokens: readonly string[]): readonly string[] {
  const holds = (value = ""): boolean => tokens.some((token) => value.includes(token) || decode(value).includes(token));
  if (!fields.some((value, index) => index % 2 === 1 && holds(value))) return fields;
  return fields.filter((_, index) => !holds(fields[index - (index % 2) + 1]));
}

/** Decodes what can be a character of a token, and leaves all else as it is. */
function decode(value: string): string {
  if (!value.includes("%")) return value;
  return value.replace(/%([2-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
