/** What the store and the handler must have been asked in a block of calls, so that a row measures what it says. */
export type Expected = "no-reads" | "one-read-each" | "one-write-each";

/** One comparison: the same calls against two programs. */
export interface Row {
  readonly row: string;
  /** Name of the program with Sallyport in it. */
  readonly ours: ContenderName;
  /** Name of the program that it is compared with. */
  readonly other: ContenderName;
  /** The other one, in words. */
  readonly against: string;
  readonly expected: Expected;
  /** The program that must be installed, on Linux. */
  readonly needs?: string;
  /** For `--help`. */
  readonly what: string;
}

/**
 * Servers answer HTTP themselves, proxies ask an upstream, loops call a function over and over. Each is a process of its
 * own.
 */
export type ContenderName = ServerName | ProxyName | LoopName | ProofLoopName | Http2Name | GrpcName | GrpcPeerName;
export type ServerName = `express${"" | "-noop" | "-warm" | "-cold" | "-basic"}` | `node${"" | "-warm" | "-cold"}`;
export type ProxyName = `gateway${"" | "-silent" | "-spans"}` | "proxy";
export type Http2Name = "flight" | "http2";
export type GrpcName = `${"gateway" | "pass"}-${"unary" | "stream"}` | "gateway-web-unary";
/** Programs that must be installed. */
export type GrpcPeerName = `${"nginx" | "caddy"}-${"unary" | "stream"}`;
export type LoopName = "token-warm" | "token-cold" | "jose";
export type ProofLoopName = "token-bound" | "jose-proof";

const express = { other: "express", against: "bare Express" } as const;
const node = { other: "node", against: "bare node:http" } as const;
const pass = { against: "bare node:http2 pass-through", expected: "no-reads" } as const;
const nginx = { against: "nginx grpc_pass", expected: "no-reads", needs: "nginx" } as const;
const caddy = { against: "Caddy reverse_proxy h2c", expected: "no-reads", needs: "caddy" } as const;
const jose = { other: "jose", against: "jose jwtVerify HS256" } as const;

/** The rows in the order in which they are printed. */
export const rows: readonly Row[] = [
  { row: "express-warm", ours: "express-warm", ...express, expected: "no-reads", what: "a remembered bearer token" },
  {
    row: "express-cold",
    ours: "express-cold",
    ...express,
    expected: "one-read-each",
    what: "nothing remembered: MAC checked, SQLite asked",
  },
  {
    row: "express-basic",
    ours: "express-basic",
    ...express,
    expected: "no-reads",
    what: "the same password on every call of kept connections",
  },
  {
    row: "express-noop",
    ours: "express-noop",
    ...express,
    expected: "no-reads",
    what: "a middleware that does nothing: the noise",
  },
  { row: "node-warm", ours: "node-warm", ...node, expected: "no-reads", what: "a remembered bearer token" },
  {
    row: "node-cold",
    ours: "node-cold",
    ...node,
    expected: "one-read-each",
    what: "nothing remembered: MAC checked, SQLite asked",
  },
  {
    row: "gateway",
    ours: "gateway",
    other: "proxy",
    against: "bare undici Pool.dispatch",
    expected: "no-reads",
    what: "a remembered bearer token in front of an upstream",
  },
  {
    row: "gateway-silent",
    ours: "gateway-silent",
    other: "proxy",
    against: "bare undici Pool.dispatch",
    expected: "no-reads",
    what: "the same with log.requests: 0: without a line for each request",
  },
  {
    row: "gateway-spans",
    ours: "gateway-spans",
    other: "proxy",
    against: "bare undici Pool.dispatch",
    expected: "no-reads",
    what: "as the first with traces: true, every request recorded and handed over in batches to an exporter that drops them",
  },
  {
    row: "grpc-unary",
    ours: "gateway-unary",
    other: "pass-unary",
    ...pass,
    what: "a unary call of gRPC with a remembered bearer token, over h2c to an upstream of h2c",
  },
  {
    row: "grpc-web",
    ours: "gateway-web-unary",
    other: "pass-unary",
    ...pass,
    what: "the same of gRPC-Web, translated for the upstream, which speaks gRPC only; the other passes gRPC through",
  },
  {
    row: "grpc-stream",
    ours: "gateway-stream",
    other: "pass-stream",
    ...pass,
    what: "the same with 1,000 messages in the answer, each a frame of its own; a call is all of them",
  },
  {
    row: "unary-nginx",
    ours: "gateway-unary",
    other: "nginx-unary",
    ...nginx,
    what: "the call of grpc-unary; nginx asks for no credential",
  },
  { row: "unary-caddy", ours: "gateway-unary", other: "caddy-unary", ...caddy, what: "the same; nor does Caddy" },
  {
    row: "stream-nginx",
    ours: "gateway-stream",
    other: "nginx-stream",
    ...nginx,
    what: "the call of grpc-stream; nginx asks for no credential",
  },
  { row: "stream-caddy", ours: "gateway-stream", other: "caddy-stream", ...caddy, what: "the same; nor does Caddy" },
  {
    row: "flight",
    ours: "flight",
    other: "http2",
    against: "bare node:http2",
    expected: "one-write-each",
    what: "a log-in over Arrow Flight's Handshake, by a remembered password: a session each",
  },
  { row: "token-warm", ours: "token-warm", ...jose, expected: "no-reads", what: "auth.authenticate, remembered" },
  {
    row: "token-cold",
    ours: "token-cold",
    ...jose,
    expected: "one-read-each",
    what: "auth.authenticate, nothing remembered",
  },
  {
    row: "token-bound",
    ours: "token-bound",
    other: "jose-proof",
    against: "jose jwtVerify ES256",
    expected: "no-reads",
    what: "auth.authenticate, remembered, bound to a key: a DPoP proof with every call",
  },
];

export function isProxy(name: ContenderName): name is ProxyName {
  return ["gateway", "gateway-silent", "gateway-spans", "proxy"].includes(name);
}

/**
 * Calls in one measured block: about a quarter of a second of CPU, so that a tick of the clock or one collection of
 * garbage does not decide it.
 */
export function callsOf(name: ContenderName): number {
  if (name === "token-warm") return 100_000;
  if (name === "token-cold") return 5_000;
  if (name === "jose") return 3_000;
  if (name === "token-bound" || name === "jose-proof") return 2_000;
  if (name === "flight" || name === "http2") return 4_000;
  if (isProxy(name)) return 3_000;
  if (name.endsWith("-unary")) return 3_000;
  if (name.endsWith("-stream")) return 32;
  return name.startsWith("express") ? 1_500 : 5_000;
}
