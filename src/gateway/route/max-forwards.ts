import { several, soleOf } from "../../model/raw-headers.js";
import { type Ambiguity, ambiguities } from "./ambiguity.js";

/**
 * Counts down `Max-Forwards` (RFC 9110 §7.6.2), by which a client asks proxies on the way one after the other. It counts
 * for `OPTIONS`, and for `TRACE`, which no route takes; for any other method it goes on as it came.
 *
 * @returns the fields that go on; `"last"` when the gateway must answer itself; an ambiguity, to be answered with 400,
 *   when the field is no number or comes twice
 */
export function countForward(method: string, rawHeaders: readonly string[]): readonly string[] | "last" | Ambiguity {
  if (method !== "OPTIONS") return rawHeaders;
  const value = soleOf(rawHeaders, "max-forwards");
  if (value === undefined) return rawHeaders;
  if (value === several || !/^[0-9]{1,10}$/.test(value)) return ambiguities.maxForwards;
  if (Number(value) === 0) return "last";
  return rawHeaders.map((part, index) =>
    index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === "max-forwards" ? String(Number(value) - 1) : part,
  );
}
