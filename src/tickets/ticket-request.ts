import { AuthError } from "../base/errors.js";
import type { SessionContent } from "../model/session.js";
import type { TicketRequest } from "./ticket.js";

/** What the store keeps of a ticket: nothing that it could be made from. */
export interface TicketRecord {
  readonly service: string;
  readonly ref: string;
  readonly scheme: string;
  /** The session's content, or what a grant made of it. */
  readonly content: SessionContent;
  readonly createdAt: number;
  /** There where the grant is for this service's tickets; milliseconds since 1970. */
  readonly ownGrant?: { readonly endsAt?: number | undefined } | undefined;
}

/** A hand-over takes seconds. Milliseconds. */
export const defaultLifeMs = 30_000;

const longestLifeMs = 300_000;

const serviceShape = /^[^\p{Cc}\p{Surrogate}]{1,256}$/u;

/** @throws {AuthError} `invalid_options` for what names no service */
export function requireService(service: string): void {
  if (typeof service === "string" && serviceShape.test(service)) return;
  throw new AuthError("invalid_options", "service must be 1 to 256 characters without control characters");
}

/** @throws {AuthError} `invalid_options` */
export function requireRequest(request: TicketRequest): TicketRequest {
  requireService(request.service);
  const { lifeMs = defaultLifeMs } = request;
  if (Number.isSafeInteger(lifeMs) && lifeMs >= 1_000 && lifeMs <= longestLifeMs) return request;
  throw new AuthError("invalid_options", `lifeMs must be a whole number of milliseconds from 1000 to ${longestLifeMs}`);
}
