import { valuesOf } from "../../model/raw-headers.js";

/** A content coding (RFC 9110 §8.4.1). */
const codingForm = /^[A-Za-z0-9._-]{1,32}$/;

/**
 * Returns the encodings that a caller accepts, in its order and in lower case: those of a list without a weight of 0
 * (RFC 9110 §12.5.3). `identity` is always accepted, and not among them.
 */
export function readAccepted(headers: readonly string[], lowerName: string): readonly string[] {
  const accepted = new Set<string>();
  for (const value of valuesOf(headers, lowerName)) {
    for (const item of value.split(",")) {
      const [coding = "", ...parameters] = item.split(";").map((part) => part.trim().toLowerCase());
      if (!codingForm.test(coding) || coding === "identity") continue;
      if (!parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter))) accepted.add(coding);
    }
  }
  return [...accepted];
}

/**
 * Returns the encoding of a message, in lower case; `undefined` for none and for `identity`.
 *
 * @returns `"several"` where that is more than one, or no name at all
 */
export function readEncoding(headers: readonly string[], lowerName: string): string | undefined | "several" {
  const [value, ...others] = valuesOf(headers, lowerName);
  if (value === undefined) return undefined;
  const coding = value.toLowerCase();
  if (others.length > 0 || !codingForm.test(coding)) return "several";
  return coding === "identity" ? undefined : coding;
}
