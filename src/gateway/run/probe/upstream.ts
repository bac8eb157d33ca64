import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { createBreaker } from "../../../base/breaker.js";
import type { CheckResult } from "../../forward/addresses/check-exchange.js";
import { createCheckForwarder, sendCheck } from "../../forward/addresses/checks.js";
import { createClientTls } from "../../forward/client-tls.js";
import { type ConnectOptions, createConnect } from "../../forward/connect.js";
import type { UpstreamConnection } from "../../forward/exchange.js";
import { parseOrigin } from "../../forward/origin.js";
import { toUnavailable } from "../../forward/unavailable.js";
import type { HealthConfig, UpstreamConfig } from "../../forward/upstream-config.js";
import { askHttp1, askHttp2 } from "./ask-http.js";
import { judgeValidity } from "./certificates.js";
import { type Finding, fault, ok, type ProbeContext, warning } from "./finding.js";

/**
 * Connects to each address of an upstream as the gateway does, and asks `HEAD /` of it: its protocol, its certificate, its clock. Where
 * it has health checks one is made.
 */
export async function probeUpstream(config: UpstreamConfig, context: ProbeContext): Promise<Finding[]> {
  const { name, origin, others = [], health } = config;
  const what = `upstreams.${name}`;
  if (others.length === 0) return probeAddress(what, config, context);
  const found = [origin, ...others].map(async (one, index) => {
    const at = `${what}.url[${index}]`;
    const address = { ...config, origin: one };
    const findings = await probeAddress(at, address, context);
    if (health === undefined || findings[0]?.verdict !== "ok") return findings;
    return [...findings, await probeHealth(at, address, health, context)];
  });
  return (await Promise.all(found)).flat();
}

async function probeHealth(
  what: string,
  config: UpstreamConfig,
  health: HealthConfig,
  { platform, timeoutMs }: ProbeContext,
): Promise<Finding> {
  const { where } = parseOrigin(config.origin);
  const closing = new AbortController();
  const onWarning = (): void => {};
  const breaker = createBreaker({ what, meanwhile: "", platform, onWarning });
  const tls = config.tls && createClientTls(config.tls, { what, platform, onWarning });
  const times = { ...health, timeoutMs: Math.min(timeoutMs, health.timeoutMs) };
  const forwarder = createCheckForwarder(config, times, { platform, breaker, tls, closing: closing.signal });
  const result = await new Promise<CheckResult>((resolve) => {
    sendCheck(forwarder, config, times, { platform, onResult: resolve, onFree: () => {} });
  });
  closing.abort();
  await forwarder.destroy();
  if (result === "well") return ok(what, `${where} is well by its health check`);
  return fault(what, `${where} fails its health check: ${result.fault}; look at the service, or correct health`);
}

function probeAddress(what: string, { name, origin, tls }: UpstreamConfig, context: ProbeContext): Promise<Finding[]> {
  const parts = { what: `upstream ${name}`, platform: context.platform, onWarning: () => {} };
  const server = { origin, servername: tls?.serverName, tls: tls && createClientTls(tls, parts) };
  return probeServer(what, { ...server, alpn: ["h2", "http/1.1"] }, context);
}

/** Connects to the service of `authorize`, and asks `HEAD /` of it. It gets no question: it might write what it decides. */
export function probeAuthorizer(what: string, url: string, context: ProbeContext): Promise<Finding[]> {
  return probeServer(what, { origin: new URL(url).origin, alpn: ["http/1.1"] }, context);
}

async function probeServer(
  what: string,
  { alpn, ...server }: Pick<ConnectOptions, "origin" | "tls" | "servername"> & Required<Pick<ConnectOptions, "alpn">>,
  context: ProbeContext,
): Promise<Finding[]> {
  const { platform, timeoutMs } = context;
  const { protocol, where } = parseOrigin(server.origin);
  const until = platform.monotonic() + timeoutMs;
  const opened = await open({ ...server, timeoutMs, alpn, platform });
  if ("error" in opened) return [fault(what, toUnavailable(opened.error, where).detail ?? where)];
  const socket = opened.socket as Socket;
  const isTls = protocol === "https:";
  const findings = judgePeer(what, socket, platform.now());
  const isHttp2 = opened.protocol === "http2";
  const onLate = (late: () => void) => platform.delay(Math.max(1, until - platform.monotonic()), late, true);
  const answer = await (isHttp2 ? askHttp2 : askHttp1)({ socket, where, isTls, onLate });
  socket.on("error", () => {}).destroy();
  const spoken = `${isHttp2 ? "HTTP/2" : "HTTP/1.1"}${isTls ? " over TLS" : ""}`;
  switch (answer.kind) {
    case "fault":
      return [fault(what, answer.detail), ...findings];
    case "silent":
      return [
        warning(what, `${where} takes connections, and gave no answer to HEAD / (${spoken}); look at its log`),
        ...findings,
      ];
    case "answered":
      if (isTls) context.tellDate(what, answer.date);
      return [ok(what, `${where} speaks ${spoken}`), ...findings];
    default:
      return answer satisfies never;
  }
}

/** Tells how long the certificate of a server is good. */
export async function probeCertificate(
  what: string,
  url: URL,
  { platform, timeoutMs }: ProbeContext,
): Promise<Finding[]> {
  if (url.protocol !== "https:") return [];
  const opened = await open({ origin: url.origin, timeoutMs, platform });
  // What asks the server says why it cannot be reached.
  if ("error" in opened) return [];
  const socket = opened.socket as Socket;
  const findings = judgePeer(what, socket, platform.now());
  socket.on("error", () => {}).destroy();
  return findings;
}

function judgePeer(what: string, socket: Socket, now: number): Finding[] {
  if (!(socket instanceof TLSSocket)) return [];
  const { valid_from: from, valid_to: to } = socket.getPeerCertificate();
  return [judgeValidity(what, "its certificate", from, to, now)];
}

function open(options: ConnectOptions): Promise<UpstreamConnection | { readonly error: NodeJS.ErrnoException }> {
  return new Promise((resolve) => {
    createConnect(options)((error, connection) => {
      resolve(connection ?? { error: error ?? new Error("no connection") });
    });
  });
}
