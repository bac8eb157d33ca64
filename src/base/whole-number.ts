import { AuthError } from "./errors.js";

/**
 * Checks an option that is a whole number.
 *
 * @param name as the caller of the library writes it, for the message; one that ends in `Ms` is a duration
 * @param most the largest that is allowed. Default: as large as a number is exact.
 * @returns the value
 * @throws {AuthError} `invalid_options` with the name, the range and the value
 */
export function requireWholeNumber(
  name: string,
  value: number,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  const unit = name.endsWith("Ms") ? " of milliseconds" : "";
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new AuthError("invalid_options", `${name} must be a whole number${unit} ${range}, not ${String(value)}`);
}
