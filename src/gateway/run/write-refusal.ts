import { finishHeaders } from "../../adapters/node/attach.js";
import { type CorsPolicy, finishCors } from "../../adapters/node/cors-policy.js";
import { writeDenial } from "../../adapters/node/write-denial.js";
import type { Platform } from "../../base/platform.js";
import type { Decision, Denial } from "../../model/decision.js";
import type { RouteConfig } from "../route/route-config.js";
import { type Incoming, originOf, toNode } from "./incoming.js";

/** What an answer of the gateway itself carries at a route, beside a denial. */
export interface Refusal {
  readonly route?: RouteConfig;
  /** A caller who is known keeps the token that was offered. */
  readonly decision?: Decision | undefined;
  readonly cors?: CorsPolicy | undefined;
  /** For operators. The caller does not get it. */
  readonly detail?: string | undefined;
}

/** Writes a denial in the caller's protocol, and returns its HTTP status. */
export function writeRefusal(incoming: Incoming, denial: Denial, refusal: Refusal, platform: Platform): number {
  const { request, response } = begin(incoming, refusal);
  writeDenial(request, response, denial, platform);
  return response.statusCode;
}

/** Answers a request that asks for no hop beyond this one. */
export function answerLast(incoming: Incoming, refusal: Refusal): void {
  const { request, response } = begin(incoming, refusal);
  request.resume();
  response.statusCode = 204;
  response.end();
}

/** Adds what an answer of the gateway itself carries. */
function begin(incoming: Incoming, { decision, cors }: Refusal): ReturnType<typeof toNode> {
  const node = toNode(incoming);
  if (cors !== undefined && incoming.upgrade === undefined) finishCors(node.response, cors, originOf(node.request));
  if (decision !== undefined && decision.kind !== "denied")
    finishHeaders(node.response, decision.kind === "allowed" ? decision : undefined);
  return node;
}
