import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { createClientTls } from "../../forward/client-tls.js";
import { type ConnectOptions, createConnect } from "../../forward/connect.js";
import type { UpstreamConnection } from "../../forward/exchange.js";
import { parseOrigin } from "../../forward/origin.js";
import { toUnavailable } from "../../forward/unavailable.js";
import type { UpstreamConfig } from "../../forward/upstream-config.js";
import { askHttp1, askHttp2 } from "./ask-http.js";
import { judgeValidity } from "./certificates.js";
import { type Finding, fault, ok, type ProbeContext, warning } from "./finding.js";

/** Connects to an upstream as the gateway does, and asks `HEAD /` of it: its protocol, its certificate, its clock. */
export async function probeUpstream(config: UpstreamConfig, context: ProbeContext): Promise<Finding[]> {
  const { name, origin, tls } = config;
  const what = `upstreams.${name}`;
  const { platform, timeoutMs } = context;
  const { protocol, where } = parseOrigin(origin);
  const until = platform.monotonic() + timeoutMs;
  const servername = tls?.serverName;
  const parts = { what: `upstream ${name}`, platform, onWarning: () => {} };
  const opened = await open({
    ...{ origin, timeoutMs, alpn: ["h2", "http/1.1"], servername, platform },
    tls: tls && createClientTls(tls, parts),
  });
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
