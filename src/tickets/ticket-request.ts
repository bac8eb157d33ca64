import { AuthError } from "../base/errors.js";
import { requireWholeNumber } from "../base/whole-number.js";
import type { SessionContent } from "../model/session.js";
import type { TicketRequest } from "./ticket.js";

/** What the store keeps of a ticket. The ticket cannot be made from it. */
export interface TicketRecord {
  readonly service: string;
  readonly ref: string;
  readonly scheme: string;
  /** With a grant, the account to operate as. Absent: it is the session's own, which the session's row has. */
  readonly content?: SessionContent | undefined;
  readonly createdAt: number;
  /** A session that begins from the ticket does not end with the one of `ref`. */
  readonly detached?: boolean | undefined;
  /** Set when the grant is for this ticket alone. `endsAt` is in milliseconds since 1970. */
  readonly ownGrant?: { readonly endsAt?: number | undefined } | undefined;
}

/** The default life in milliseconds: a hand-over takes seconds. */
export const defaultLifeMs = 30_000;

const longestLifeMs = 300_000;

const serviceShape = /^[^\p{Cc}\p{Surrogate}]{1,256}$/u;

/**
 * Checks the name of a service.
 *
 * @throws {AuthError} `invalid_options` for a malformed name
 */
export function requireService(service: string): void {
  if (typeof service === "string" && serviceShape.test(service)) return;
  throw new AuthError("invalid_options", "service must be 1 to 256 characters without control characters");
}

/**
 * Checks a request for a ticket and returns it.
 *
 * @throws {AuthError} `invalid_options` for a malformed service name or a life out of range
 */
export function requireRequest(request: TicketRequest): TicketRequest {
  requireService(request.service);
  const { lifeMs = defaultLifeMs } = request;
  requireWholeNumber("lifeMs", lifeMs, 1_000, longestLifeMs);
  return request;
}
