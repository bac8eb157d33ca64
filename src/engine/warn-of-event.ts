import { AuthError, toErrorDetail, toErrorName } from "../base/errors.js";
import type { HandlerFailure, OnEvent } from "../model/events.js";
import { toMissingText, toRevokedText, toUnknownKeyText } from "./key-event-text.js";

/** Warns on standard error of events that need an operator: the default of `onEvent`. No warning holds a secret. */
export const warnOfEvent: OnEvent = (event) => {
  switch (event.kind) {
    case "reuse":
      return console.warn(
        `sallyport: session ${event.ref} was ended: an old token came back, so an attacker may hold a copy`,
      );
    case "ticket-misused":
      return console.warn(`sallyport: a ticket came back (${event.reason}), so an attacker may hold a copy`);
    case "account-stopped":
      return console.warn(
        `sallyport: an account accepts no password any more after ${event.failures} failures in a row: an attacker may be guessing. ` +
          "Pass onEvent to see the account, and call auth.throttle.reset to accept passwords again",
      );
    case "healed":
      return console.warn(`sallyport: the store had lost a write of session ${event.ref}; it was moved forward`);
    case "handler-failed": {
      const { failure, scheme } = event;
      return console.warn(
        `sallyport: the handler for ${scheme} ${toFailureText(failure)}; the caller got 503. Pass onEvent to see more`,
      );
    }
    case "callback-failed":
      return console.warn(`sallyport: ${event.callback} failed: ${toErrorDetail(event.error)}`);
    case "audit-failed":
      if (event.repeated) return;
      return console.warn(
        `sallyport: the audit failed (${toErrorName(event.error)}). Pass onEvent to hear of each record`,
      );
    case "keys-failed":
      if (event.repeated) return;
      return console.warn(
        `sallyport: the signing keys cannot be read again (${toReason(event.error)}); those of before stay in use, and a restart would fail`,
      );
    case "keys-missing":
      return console.warn(`sallyport: ${toMissingText(event)}`);
    case "keys-recovered":
      return console.warn("sallyport: the key ring is in order again");
    case "keys-revoked":
      return console.warn(`sallyport: ${toRevokedText(event.keyIds)}`);
    case "unknown-key":
      return console.warn(`sallyport: ${toUnknownKeyText(event)}`);
    case "store-failed":
      return console.warn(
        `sallyport: the store failed (${toErrorName(event.error)}); the caller got 503. Pass onEvent to see more`,
      );
  }
};

function toFailureText(failure: HandlerFailure): string {
  switch (failure.kind) {
    case "threw":
      return `threw ${toErrorDetail(failure.error)}`;
    case "timed-out":
      return "timed out";
    case "invalid-verdict":
      return `returned no valid verdict, but ${failure.found}`;
    default:
      return failure satisfies never;
  }
}

/** Returns what to do about an error of ours, whose messages hold no secret; of any other the class alone. */
function toReason(error: unknown): string {
  return error instanceof AuthError ? error.message : toErrorName(error);
}
