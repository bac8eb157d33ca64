import type { RawRequest } from "../../../src/gateway/run/raw-request.js";
import { mutate } from "../../../src/testing/mutate.js";
import type { Random } from "../../../src/testing/random.js";
import { cookieNames, hosts, pageOrigin, pagesPath, paths } from "./random-config.js";

/** Credentials that are good in the right configuration, and such as are good nowhere. */
export interface Credentials {
  /** Session tokens: of a live session, and of one that has ended. */
  readonly tokens: readonly string[];
  /** Whole values of `Authorization`. */
  readonly others: readonly string[];
}

const chance = (random: Random, percent: number): boolean => random.int(100) < percent;

const own = [
  "/sallyport.v1.AuthService/LogIn",
  "/sallyport.v1.AuthService/WhoAmI",
  "/sallyport.v1.AuthService/Nothing",
  "/x/sallyport.v1.AuthService/LogIn",
  "/arrow.flight.protocol.FlightService/Handshake",
  "/arrow.flight.protocol.FlightService/DoGet",
  "/io.deephaven.proto.backplane.grpc.ConfigService/GetAuthenticationConstants",
  "/io.deephaven.proto.backplane.grpc.SessionService/NewSession",
  "/io.deephaven.proto.backplane.grpc.SessionService/ExportFromTicket",
  "/io.deephaven.proto.auth.grpc.AuthApi/ping",
  `${pagesPath}/login`,
  `${pagesPath}/confirm`,
  `${pagesPath}/other`,
] as const;

const oddTargets = [
  "*",
  "//api",
  "/api/../open",
  "/api/%2e%2e/open",
  "/a%2Fb",
  "/a;b",
  "/api%2Fv1/x",
  "/api//v1",
  "/open%3Fx",
  "/api/v1%252Fx",
  "/%",
  "http://a/",
  "",
  "api",
];

const spellings: readonly ((path: string) => string)[] = [
  (path) => path,
  (path) => path,
  (path) => path.replace("a", "%61"),
  (path) => path.replace("%C3", "%c3"),
  (path) => `${path}/deeper`,
  (path) => `${path}x`,
  (path) => path.toUpperCase(),
];

/** As a file or a socket of HTTP/1 could hold it; much of it has no single meaning. */
export function randomRequest(random: Random, credentials: Credentials): RawRequest {
  const usual = ["GET", "GET", "GET", "POST", "POST", "HEAD", "PUT", "OPTIONS"];
  const method = random.pick(chance(random, 3) ? ["get", "TRACE", "CONNECT", "G E"] : usual);
  return {
    method,
    url: randomTarget(random),
    httpVersion: chance(random, 5) ? "1.0" : "1.1",
    rawHeaders: shuffled(random, [
      ...randomHost(random),
      ...randomFraming(random, method),
      ...randomCredentials(random, credentials),
      ...randomOthers(random),
    ]).flat(),
  };
}

type Field = readonly [name: string, value: string];

function randomTarget(random: Random): string {
  if (chance(random, 4)) return random.pick(oddTargets);
  const path = chance(random, 25) ? random.pick(own) : random.pick(spellings)(random.pick(paths));
  const query = random.pick(chance(random, 5) ? ["a#b", "a=é"] : ["", "x=1", "key=..%2f"]);
  const target = chance(random, 30) ? `${path}?${query}` : path;
  return chance(random, 2) ? mutate(random, target).replaceAll(/[^\x21-\xff]/g, "_") : target;
}

function randomHost(random: Random): Field[] {
  const odd = ["127.1", "a b", "", "x@y", "a:0"];
  const host = random.pick(chance(random, 2) ? odd : [...hosts, ...hosts, "GATE.example.", "api.example:8080"]);
  const twice: Field[] = chance(random, 2) ? [["host", host]] : [];
  return chance(random, 2) ? twice : [["Host", host], ...twice];
}

function randomFraming(random: Random, method: string): Field[] {
  if (method === "GET" && !chance(random, 15)) return [];
  const chunked: Field = ["Transfer-Encoding", "chunked"];
  const odd: Field[][] = [
    [["Content-Length", "+1"]],
    [["transfer-encoding", "xchunked"]],
    [["Content-Length", "3"], chunked],
  ];
  return random.pick(chance(random, 3) ? odd : [[], [["Content-Length", "0"]], [["content-length", "12"]], [chunked]]);
}

function randomCredentials(random: Random, { tokens, others }: Credentials): Field[] {
  const fields: Field[] = [];
  const token = () => (chance(random, 92) ? random.pick(tokens) : mutate(random, random.pick(tokens)));
  const tokenBin = () => Buffer.from(token()).toString("base64");
  const authorization = () => {
    const value = chance(random, 40) ? `${random.pick(["Bearer", "bearer", "DPoP"])} ${token()}` : random.pick(others);
    return chance(random, 4) ? mutate(random, value) : value;
  };
  if (chance(random, 60)) fields.push([random.pick(["Authorization", "authorization"]), printable(authorization())]);
  if (chance(random, 2)) fields.push(["AUTHORIZATION", printable(authorization())]);
  if (chance(random, 20)) fields.push(["auth-token-bin", random.pick([tokenBin(), tokenBin(), "", "=="])]);
  if (chance(random, 2)) fields.push(["Auth-Token-Bin", tokenBin()]);
  for (let left = chance(random, 35) ? 1 + random.int(2) : 0; left > 0; left -= 1) {
    const pairs = [`theme=dark`, `${random.pick(cookieNames)}=${token()}`, "a=b", `${random.pick(cookieNames)}=`];
    const value = shuffled(random, pairs)
      .slice(0, 1 + random.int(3))
      .join(random.pick(["; ", ";", " ; "]));
    fields.push([random.pick(["Cookie", "cookie"]), printable(value)]);
  }
  return fields;
}

/** Of fields that say something to proxies, to upstreams, or to us. */
const otherFields: readonly Field[] = [
  ["Accept", "*/*"],
  ["X-Thing", "1"],
  ["x-thing", "2"],
  ["X-Sallyport-Subject", "root"],
  ["X_Sallyport_Roles", "admin"],
  ["x-forwarded-for", "198.51.100.7"],
  ["X-Forwarded-For", "198.51.100.7, 10.0.0.9"],
  ["X-Forwarded-Proto", "https"],
  ["X-Forwarded-Proto", "wss"],
  ["x-forwarded-host", "front.example"],
  ["Forwarded", "for=192.0.2.1"],
  ["X-Original-URL", "/admin"],
  ["x-http-method-override", "DELETE"],
  ["Proxy-Authorization", "Basic eDp5"],
  ["Grpc-Metadata-Authorization", "Bearer x"],
  ["DPoP", "x.y.z"],
  ["Connection", "keep-alive"],
  ["connection", "close, X-Thing"],
  ["Connection", "Upgrade"],
  ["Connection", "upgrade, cookie"],
  ["Connection", "authorization, auth-token-bin"],
  ["Upgrade", "websocket"],
  ["upgrade", "h2c"],
  ["HTTP2-Settings", "AAMAAABkAAQCAAAAAAIAAAAA"],
  ["Keep-Alive", "timeout=5"],
  ["TE", "trailers"],
  ["te", "gzip"],
  ["TE", "gzip, trailers"],
  ["Trailer", "x-sum"],
  ["Content-Type", "application/grpc"],
  ["content-type", "application/json"],
  ["Sec-Fetch-Site", "cross-site"],
  ["Sec-Fetch-Dest", "empty"],
  ["Origin", "https://evil.example"],
  ["x-deephaven-auth-cookie-request", "true"],
  ["traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"],
];

function randomOthers(random: Random): Field[] {
  const fields = Array.from({ length: random.int(9) }, () => random.pick(otherFields));
  if (chance(random, 30)) fields.push(["Origin", pageOrigin]);
  if (chance(random, 30)) fields.push(["Access-Control-Request-Method", random.pick(["GET", "POST", "delete"])]);
  if (chance(random, 8)) fields.push(["Connection", "keep-alive, Upgrade"], ["Upgrade", "websocket"]);
  // More than a listener keeps. With an offer of an upgrade it would answer itself.
  const isOffer = fields.some(([name]) => name.toLowerCase() === "upgrade");
  if (!isOffer && chance(random, 1)) for (let left = 260; left > 0; left -= 1) fields.push(["x-many", String(left)]);
  return fields;
}

function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const rest = [...items];
  return items.map(() => rest.splice(random.int(rest.length), 1)[0] as T);
}

/** What a field line can hold. */
function printable(value: string): string {
  return value.replaceAll(/[^\x20-\x7e]/g, "?").trim();
}
