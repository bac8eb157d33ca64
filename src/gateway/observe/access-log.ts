import type { IncomingMessage } from "node:http";
import type { Platform } from "../../base/platform.js";
import { correlationIdOf } from "../../credentials/correlation-id.js";
import type { StreamRequest } from "../listen/stream-request.js";
import { type AnswerRecord, type RequestOutcome, toRouteName } from "../route/outcome.js";
import type { Logger } from "./log.js";
import { toLoggedMethod, toLoggedPath } from "./logged-target.js";
import type { OnAnswered } from "./on-answered.js";

/**
 * Makes the function that logs one line for each request. It reads no header but `traceparent`, `X-Request-Id` and what
 * names the client of a trusted proxy, and no query, since all others may hold credentials.
 *
 * @param share returns how many of the requests that were answered without a fault have a line: 0 none, 1 each, 0.01 one in a
 *   hundred. Refused and failed ones and statuses from 500 always have one
 */
export function createAccessLog(log: Logger, platform: Platform, share: () => number): OnAnswered {
  let due = 0;

  function isDue(): boolean {
    due += share();
    if (due < 1) return false;
    due -= 1;
    return true;
  }

  return (request, outcome, answered) => {
    const level = levelOf(outcome);
    if (!log.isLevelEnabled(level)) return;
    if (!isTold(outcome, answered) && !isDue()) return;
    log[level](toLine(request, outcome, answered, platform), outcome.kind);
  };
}

/** What Envoy asks by gRPC. */
const questions = "/envoy.service.auth.v3.";

function levelOf(outcome: RequestOutcome): "debug" | "info" | "warn" {
  // The proxy that asked has a line for it, and so has the engine for a denial.
  if (outcome.kind === "asked" || (outcome.kind === "service" && outcome.path.startsWith(questions))) return "debug";
  if (outcome.kind === "refused") return outcome.denial.code === "unavailable" ? "warn" : "info";
  return outcome.kind === "failed" ? "warn" : "info";
}

function isTold({ kind }: RequestOutcome, { status }: AnswerRecord): boolean {
  return kind === "refused" || kind === "failed" || status >= 500;
}

function toLine(
  { rawHeaders, method = "", url = "", httpVersion }: IncomingMessage | StreamRequest,
  outcome: RequestOutcome,
  { status, grpcStatus, ending, bytesIn, bytesOut, ms, upstreamMs, peer }: AnswerRecord,
  platform: Platform,
): object {
  const { route, caller, denial, reason, code, detail } = outcome as Partial<Parts>;
  // One literal: spreading what each kind of outcome has would cost as much again.
  return {
    kind: "request",
    id: correlationIdOf(rawHeaders, platform),
    method: toLoggedMethod(method),
    path: toLoggedPath(url),
    protocol: httpVersion === "2.0" ? "HTTP/2" : httpVersion === "1.1" ? "HTTP/1.1" : "HTTP/1.0",
    peer: peer.address,
    client: peer.trusted ? peer.clientOf?.(rawHeaders) : undefined,
    status,
    grpcStatus: grpcStatus && plainNumber.test(grpcStatus) ? Number(grpcStatus) : undefined,
    ms: toTenths(ms),
    bytesIn,
    bytesOut,
    upstreamMs: upstreamMs && toTenths(upstreamMs),
    ending: ending === "complete" ? undefined : ending,
    route: route && toRouteName(route),
    upstream: outcome.kind === "proxied" || outcome.kind === "failed" ? outcome.route.upstream : undefined,
    subject: caller?.identity.subject,
    actor: caller?.actor?.subject,
    scheme: caller?.scheme,
    session: caller?.session?.ref,
    reason: denial?.reason ?? reason,
    code,
    detail,
  };
}

/** What the kinds of outcomes have, each some of it. */
type Parts = Extract<RequestOutcome, { kind: "failed" }> & Pick<Extract<RequestOutcome, { kind: "refused" }>, "denial">;

/** An upstream may put anything there; so may an attacker who is its caller. */
const plainNumber = /^\d{1,3}$/;

const toTenths = (ms: number): number => Math.round(ms * 10) / 10;
