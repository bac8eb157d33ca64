import { atOnce } from "../base/awaitable.js";
import { AuthError } from "../base/errors.js";
import type { AuthFront } from "./front.js";

/**
 * Calls a function that the application gave as an option. One that fails must neither let a request in nor end the
 * process.
 *
 * @param name the name of the option
 * @param check returns the answer if it has the right form, and throws otherwise. Default: any answer is taken
 * @throws {AuthError} `unavailable` when it threw, rejected or returned a promise, which is reported
 */
export function askCallback<T, R = T>(
  front: Pick<AuthFront, "callbackFailed">,
  name: string,
  call: () => T,
  check: (answer: T) => R = (answer) => answer as unknown as R,
): R {
  try {
    return check(atOnce(call));
  } catch (error) {
    front.callbackFailed(name, error);
    throw new AuthError("unavailable", `${name} failed`, { cause: error });
  }
}
