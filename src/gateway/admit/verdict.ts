import type { Denial } from "../../model/decision.js";
import { refusals } from "../route/outcome.js";
import type { ServiceAnswer } from "./post.js";

/** What a service said about a question. */
export interface ServiceVerdict {
  /** `undefined`: the request may pass. */
  readonly denial: Denial | undefined;
  /** For operators, of a denial. */
  readonly detail: string | undefined;
}

export const allowed: ServiceVerdict = Object.freeze({ denial: undefined, detail: undefined });

/**
 * Reads an answer: 2xx lets the request in, 4xx refuses it, and whatever else tells nothing, so that the request is refused as
 * one that cannot be decided. 408 and 429 are about the question (RFC 9110 §15.5.9, RFC 6585 §4).
 */
export function toServiceVerdict({ status, body }: ServiceAnswer): ServiceVerdict {
  if (status >= 200 && status <= 299) return allowed;
  if (status < 400 || status > 499 || status === 408 || status === 429) return toUnknown(`answered ${status}`);
  const message = readReason(body);
  const denial = message === undefined ? refusals.not_permitted : Object.freeze({ ...refusals.not_permitted, message });
  return Object.freeze({ denial, detail: `authorize: the service answered ${status}` });
}

/** @param words to follow the service */
export function toUnknown(words: string): ServiceVerdict {
  return Object.freeze({ denial: refusals.authorizer_unavailable, detail: `authorize: the service ${words}` });
}

const reasonForm = /^[^\p{Cc}\p{Cs}]{1,200}$/u;

/** Returns the `reason` of a JSON object: a short line of text, for the caller. */
function readReason(body: string): string | undefined {
  try {
    const { reason } = Object(JSON.parse(body)) as { readonly reason?: unknown };
    return typeof reason === "string" && reasonForm.test(reason) ? reason : undefined;
  } catch {
    return undefined;
  }
}

/** A service that says more means well; an account that is shut out must not stay in for a day. */
const longestSeconds = 3_600;

/** Returns how long an answer may be used, in milliseconds: `max-age` of `Cache-Control` (RFC 9111 §5.2.2), an hour at most. */
export function toFreshMs({ cacheControl = "" }: ServiceAnswer): number {
  const directives = cacheControl
    .toLowerCase()
    .split(",")
    .map((one) => one.trim());
  const ages = directives.filter((one) => one.startsWith("max-age="));
  const [, digits] = /^max-age=([0-9]{1,10})$/.exec(ages[0] ?? "") ?? [];
  if (digits === undefined || ages.length > 1) return 0;
  if (directives.some((one) => /^(?:no-store|no-cache)(?:=|$)/.test(one))) return 0;
  return Math.min(Number(digits), longestSeconds) * 1_000;
}
