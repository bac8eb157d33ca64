import type { AuthenticationReason, Denial, DenialCode, StepUp } from "../model/decision.js";
import type { EventParty } from "../model/events.js";
import type { HeaderFields, RequestOrigin } from "../model/request.js";
import { type BearerError, formatChallenges, isScript } from "./challenge.js";
import { stepUpParameters } from "./step-up.js";

interface Words {
  readonly code: DenialCode;
  readonly message: string;
  /** RFC 6750 §3.1. Absent when the request presented no credentials, or none that are a bearer token. */
  readonly error?: BearerError;
}

const unauthenticated = "unauthenticated";

const logInAgain = "The session is over. Log in again.";

const wordsOf: Readonly<Record<AuthenticationReason, Words>> = {
  no_credentials: { code: unauthenticated, message: "Authentication is required." },
  invalid_request: {
    code: unauthenticated,
    message: "The request must present exactly one well-formed Authorization value.",
    error: "invalid_request",
  },
  invalid_credentials: { code: unauthenticated, message: "The credentials were not accepted." },
  invalid_token: { code: unauthenticated, message: "The token was not accepted.", error: "invalid_token" },
  superseded: {
    code: unauthenticated,
    message: "A newer token of this session is in use. Repeat the request with it.",
    error: "invalid_token",
  },
  expired: { code: unauthenticated, message: logInAgain, error: "invalid_token" },
  revoked: { code: unauthenticated, message: logInAgain, error: "invalid_token" },
  insufficient_user_authentication: {
    code: unauthenticated,
    message: "A fresher or stronger log-in is required.",
    error: "insufficient_user_authentication",
  },
  insufficient_scope: {
    code: "permission_denied",
    message: "The token was not granted for this.",
    error: "insufficient_scope",
  },
  not_permitted: { code: "permission_denied", message: "You may not do this." },
  invalid_dpop_proof: {
    code: unauthenticated,
    message: "The session is bound to a key, and the proof of it was not accepted.",
    error: "invalid_dpop_proof",
  },
  use_dpop_nonce: {
    code: unauthenticated,
    message: "The proof must hold the nonce of this answer. Repeat the request with it.",
    error: "use_dpop_nonce",
  },
  operate_as_refused: { code: "permission_denied", message: "You may not operate as this account." },
  unavailable: { code: "unavailable", message: "Authentication is not possible right now. Try again." },
  no_handler: { code: "unavailable", message: "The log-in of this session is not known here. Try again." },
  throttled: { code: "resource_exhausted", message: "Too many log-ins have failed. Try again later." },
  too_many_tickets: {
    code: "resource_exhausted",
    message: "Too many tickets have not been redeemed yet. Redeem them, give them a shorter life, or try again later.",
  },
  headers_too_large: { code: "resource_exhausted", message: "The header fields are too many, or too long." },
};

/** The parts of a denial that differ between requests. */
export interface DenyDetails {
  /** The scheme by which a session token was presented, in lower case. Default: `bearer`. */
  readonly scheme?: string | undefined;
  readonly headers?: HeaderFields | undefined;
  readonly stepUp?: StepUp | undefined;
  /** The scopes that the route requires, for the challenge. */
  readonly scopes?: readonly string[] | undefined;
  /** The refused party, for events; never in the answer. */
  readonly party?: EventParty | undefined;
}

/** The request to deny: its headers decide the form of the denial, and events report its origin. */
export interface Denied extends RequestOrigin {
  readonly rawHeaders: readonly string[];
  /** The request's origin, when it must not decide the form of the denial. */
  readonly of?: RequestOrigin | undefined;
}

/** Makes the subject of a denial that has no form yet: the front that asked writes it in its own. */
export function withoutForm(of: RequestOrigin | undefined): Denied {
  return { rawHeaders: [], of };
}

/** Returns the denial for a reason. Denials are made once at start, since a refused request must be cheap. */
export type Deny = (request: Denied, reason: AuthenticationReason, details?: DenyDetails) => Denial;

/**
 * Makes the function that returns denials.
 *
 * @param onRefused called for every denial, before it is returned
 */
export function createDeny(
  realm: string,
  table: ChallengeSource,
  onRefused: (reason: AuthenticationReason, source: RequestOrigin, party?: EventParty) => void = () => undefined,
): Deny {
  const [forPeople, forScripts] = [false, true].map((script) => {
    const challenges = table.challenges(realm, { script });
    return { bearer: denialsOf(realm, challenges, "Bearer"), dpop: denialsOf(realm, challenges, "DPoP") };
  }) as [DenialsOfSchemes, DenialsOfSchemes];
  return (request, reason, { scheme, headers, stepUp, scopes, party } = noDetails) => {
    onRefused(reason, request.of ?? request, party);
    const denials = isScript(request.rawHeaders) ? forScripts : forPeople;
    let denial = denials[scheme === "dpop" || proofReasons.has(reason) ? "dpop" : "bearer"][reason];
    if (stepUp !== undefined) denial = withParameters(denial, stepUpParameters(stepUp));
    if (scopes !== undefined) denial = withParameters(denial, `, scope="${scopes.join(" ")}"`);
    return headers === undefined ? denial : Object.freeze({ ...denial, headers });
  };
}

/**
 * These are denied with a `DPoP` challenge, whatever the scheme of the request: a client that used another must learn
 * which one to use.
 */
const proofReasons: ReadonlySet<AuthenticationReason> = new Set(["invalid_dpop_proof", "use_dpop_nonce"]);

type Denials = Readonly<Record<AuthenticationReason, Denial>>;

type DenialsOfSchemes = { readonly bearer: Denials; readonly dpop: Denials };

const noDetails: DenyDetails = Object.freeze({});

/** Adds parameters to the challenge of the token's own scheme, which comes first. */
function withParameters(denial: Denial, parameters: string): Denial {
  const [own = "", ...others] = denial.challenges;
  return Object.freeze({ ...denial, challenges: Object.freeze([own + parameters, ...others]) });
}

function denialsOf(realm: string, challenges: readonly string[], scheme: "Bearer" | "DPoP"): Denials {
  const reasons = Object.keys(wordsOf) as AuthenticationReason[];
  const denials = reasons.map((reason): [AuthenticationReason, Denial] => {
    const { code, message, error } = wordsOf[reason];
    const description = error === undefined ? undefined : message;
    // A 403 names the token's own scheme alone: credentials of another kind do not help against a missing scope.
    const others = code === unauthenticated ? challenges : [];
    const isChallenged = code === unauthenticated || error !== undefined;
    const all = isChallenged ? formatChallenges({ realm, challenges: others, scheme, error, description }) : [];
    return [reason, Object.freeze({ kind: "denied", code, reason, message, challenges: Object.freeze(all) })];
  });
  return Object.freeze(Object.fromEntries(denials) as Denials);
}

/** The source of the handlers' challenges: the handler table. */
interface ChallengeSource {
  challenges(realm: string, options: { readonly script: boolean }): readonly string[];
}
