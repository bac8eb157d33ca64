import type { RateConfig } from "../../route/route-config.js";
import type { ConfigPath } from "../document.js";
import type { ReadContext } from "../read-context.js";
import { duration, object, type RawDuration, type Schema } from "../schema.js";
import { requirePositive } from "../timeouts.js";

/** The settings as the file spells them. */
export interface RawRate {
  readonly requests?: number;
  readonly per?: RawDuration;
  readonly burst?: number;
}

const number = (description: string): Schema<number> => ({
  type: "integer",
  minimum: 1,
  maximum: 1_000_000,
  title: "a whole number from 1 to 1000000",
  description,
});

/** How often one caller may use a route. */
export const rateSchema: Schema<RawRate> = object(
  {
    requests: number("How many requests a caller may make in `per`."),
    per: duration("1s", "In which time."),
    burst: number("How many of them at once, after a pause. Default: as `requests`."),
  },
  ["requests"],
  "How often one caller may use the route, by counts of this process: each account (and each actor that operates as it), or " +
    "without credentials each address, of IPv6 each /64. One too many gets 429 `rate_limited` with `Retry-After`. A stream or " +
    "WebSocket counts once. Default: no limit.",
);

export function readRate(raw: RawRate | undefined, at: ConfigPath, context: ReadContext): RateConfig | undefined {
  if (raw === undefined) return undefined;
  const { requests = 1, per = "1s", burst = requests } = raw;
  const perMs = requirePositive(per, [...at, "per"], context);
  return Object.freeze({ burst, refillMs: perMs / requests });
}
