import type { Failure } from "./exchange.js";
import { unread } from "./unread.js";

/** A value of the answer cannot reach the caller unchanged. */
export const unsayable: Failure = Object.freeze({
  reason: "upstream_failed",
  code: "upstream_field",
  detail: "a field or trailer of the answer holds a control character",
});

/** No final status (RFC 9110 §15): Node throws for it, on HTTP/1 below 100 and on HTTP/2 above 599 too. */
export const impossible: Failure = Object.freeze({
  reason: "upstream_failed",
  code: "upstream_status",
  detail: "the status of the answer is not between 200 and 599",
});

/** The time that the caller has set is over. */
export const late: Failure = Object.freeze({
  reason: "upstream_timeout",
  code: "caller_timeout",
  detail: "the answer was not complete within grpc-timeout or connect-timeout-ms of the caller",
});

/** The caller sends more than its route takes, after a head that did not say so. */
const tooLarge: Failure = Object.freeze({
  reason: "body_too_large",
  code: "body_too_large",
  detail: "the body of the request is longer than its route takes (limits.maxBodyBytes)",
});

/** What is told of an exchange that was ended in its middle. */
export const brokenOff: Readonly<
  Record<"unauthenticated" | "deadline_exceeded" | "unread" | "body_too_large", "shut_out" | Failure>
> = {
  unauthenticated: "shut_out",
  deadline_exceeded: late,
  unread,
  body_too_large: tooLarge,
};
