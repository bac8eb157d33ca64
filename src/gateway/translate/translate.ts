import type { CallerAnswer, Exchange } from "../forward/exchange.js";
import type { CallPlan } from "./call-plan.js";
import { StreamExchange } from "./stream-exchange.js";
import type { TranslateOptions } from "./translated-exchange.js";
import { UnaryExchange } from "./unary-exchange.js";

/**
 * Makes the exchange that carries a call to an upstream of gRPC.
 *
 * @param plan from `planCall`
 * @param caller not attached yet
 */
export function translateCall(plan: CallPlan, caller: CallerAnswer, options: TranslateOptions): Exchange {
  return plan.protocol === "connect-unary"
    ? new UnaryExchange(plan, caller, options)
    : new StreamExchange(plan, caller, options);
}
