import { type Finding, ok, warning } from "./finding.js";

/** Tokens and proofs are taken for some seconds beyond their time; NTP keeps a clock within a tenth of a second. */
const mostMs = 30_000;

/** How far another clock is ahead of that of this machine, in milliseconds. */
export interface ClockReading {
  readonly what: string;
  readonly aheadMs: number;
}

/** Compares the clock with those of the servers that answered over TLS. None: there is nothing to tell. */
export function judgeClock(readings: readonly ClockReading[]): Finding[] {
  if (readings.length === 0) return [];
  const far = readings.filter(({ aheadMs }) => Math.abs(aheadMs) > mostMs);
  const names = readings.map(({ what }) => what).join(", ");
  if (far.length === 0) return [ok("clock", `within ${mostMs / 1_000} s of ${names}`)];
  return far.map(({ what, aheadMs }) => {
    const seconds = Math.round(Math.abs(aheadMs) / 1_000);
    const how = aheadMs > 0 ? "behind" : "ahead of";
    return warning(
      "clock",
      `this machine is ${seconds} s ${how} ${what}; let NTP set the clock that is wrong: tokens are refused as expired or not yet valid`,
    );
  });
}
