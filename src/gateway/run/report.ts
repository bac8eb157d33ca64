import type { NodeResponse } from "../../adapters/node/request.js";
import { ignoreFailure } from "../../base/awaitable.js";
import type { Platform } from "../../base/platform.js";
import type { Decision } from "../../model/decision.js";
import type { Failure } from "../forward/exchange.js";
import type { CallerSide } from "../forward/exchange-owner.js";
import type { OnAnswered } from "../observe/on-answered.js";
import type { AnswerRecord, Ending, RequestOutcome } from "../route/outcome.js";
import { callerOf } from "../route/permission.js";
import type { RouteConfig } from "../route/route-config.js";
import type { Incoming } from "./incoming.js";

/** What is told of an answer beside its time. */
type Told = Pick<AnswerRecord, "status"> & Partial<AnswerRecord>;

/** A request that was admitted to a route. */
interface Admitted {
  readonly incoming: Incoming;
  readonly asked: { readonly route: RouteConfig };
  readonly decision: Decision | undefined;
}

/** Tells what became of requests. */
export interface Reporter {
  report(incoming: Incoming, outcome: RequestOutcome, told: Told): void;
  /** Of a request that a server of the gateway itself answers, when that answer ends. */
  reportOwn(incoming: Incoming, response: NodeResponse, path: string): void;
  /** Of a request that went to an upstream. */
  reportExchange(exchange: CallerSide<Admitted>, end: Ending | Failure): void;
}

/** Makes what tells the log and the metrics of each request, once. */
export function createReporter(onAnswered: OnAnswered | undefined, platform: Platform): Reporter {
  if (onAnswered === undefined) return { report() {}, reportOwn() {}, reportExchange() {} };
  const tell = onAnswered;

  function report(
    { request, begunAt, peer, span }: Incoming,
    outcome: RequestOutcome,
    { status, grpcStatus, ending = "complete", bytesIn, bytesOut, upstreamMs }: Told,
  ): void {
    const ms = platform.monotonic() - begunAt;
    const answered = { status, grpcStatus, ending, bytesIn, bytesOut, ms, upstreamMs, peer };
    ignoreFailure(() => tell(request, outcome, answered));
    if (span !== undefined) ignoreFailure(() => span.end(outcome, answered));
  }

  return {
    report,
    reportOwn(incoming, response, path) {
      const end = (): void => {
        response.off("finish", end).off("close", end);
        const ending = response.writableFinished ? "complete" : "caller_left";
        report(incoming, { kind: "service", path }, { status: response.statusCode, ending });
      };
      response.on("finish", end).on("close", end);
    },
    reportExchange({ context, status, grpcStatus, headAt, bytesIn, bytesOut }, end) {
      const { asked, decision, incoming } = context;
      const { route } = asked;
      const caller = decision && callerOf(decision);
      const isWhole = typeof end === "string";
      const outcome: RequestOutcome = isWhole
        ? { kind: "proxied", route, caller }
        : { kind: "failed", route, caller, ...end };
      const upstreamMs = headAt && headAt - incoming.begunAt;
      const ending = isWhole ? end : "complete";
      report(incoming, outcome, { status, grpcStatus, ending, bytesIn, bytesOut, upstreamMs });
    },
  };
}
