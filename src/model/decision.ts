import { withSecret } from "../base/with-secret.js";
import type { Identity } from "./identity.js";
import type { HeaderFields } from "./request.js";
import type { Caller, SessionRules } from "./session.js";

/** What the route asks of `authenticate`. */
export interface AuthenticateOptions {
  /** A request without credentials is welcome. Default: `false`. Wrong credentials are refused all the same. */
  readonly anonymous?: boolean;
  /** The log-in must be this fresh, and this strong. Default: any is good enough. */
  readonly stepUp?: StepUp | undefined;
  /** `false` looks without turning the token, for loaders and server-side rendering. Default: `true`. */
  readonly rotate?: boolean;
  /**
   * For clients that only work with a token and look for it in every answer: credentials that are accepted open a session
   * by these rules, each time and whatever their handler opens, and the current token of an `overlapping` session is
   * offered again. Default: tokens are offered when they are new.
   */
  readonly open?: SessionRules | undefined;
}

/** What a route asks of the log-in behind a call (RFC 9470). */
export interface StepUp {
  /** The caller must have proved who they are within this time. Milliseconds. */
  readonly maxAgeMs?: number | undefined;
  /** The log-in's `acr` must be one of these. */
  readonly acrValues?: readonly string[] | undefined;
}

/** What `authenticate` decided. */
export type Decision<I extends Identity = Identity> = Allowed<I> | Anonymous | Denial;

/** Let in: somebody is calling. */
export interface Allowed<I extends Identity = Identity> {
  readonly kind: "allowed";
  readonly caller: Caller<I>;
  /** The token that the response must carry, if any. */
  readonly offer?: Offer | undefined;
  /** What else the response must carry, such as the next `DPoP-Nonce`. */
  readonly headers?: HeaderFields | undefined;
}

/** Nobody in particular, and the route said that this is fine. */
export interface Anonymous {
  readonly kind: "anonymous";
}

/** Refused: what an adapter writes into the answer. Frozen and shared, since whoever is refused must cost little. */
export interface Denial {
  readonly kind: "denied";
  readonly code: DenialCode;
  /** What a program may know: never whether a user exists. */
  readonly reason: DenialReason;
  /** What a person may read: the same for an unknown user, a wrong password and an unknown scheme. */
  readonly message: string;
  /** Values for `WWW-Authenticate`, one field each; empty unless the code is `unauthenticated`. */
  readonly challenges: readonly string[];
  /** What else the answer must carry. */
  readonly headers?: HeaderFields | undefined;
}

/**
 * The Connect and gRPC name of a denial: 401 / 16, 503 / 14, 431 and 429 / 8; and in the gateway also 403 / 7, 404 / 5,
 * 400 / 3, 504 / 4 and, where a service has no such procedure, 501 / 12.
 */
export type DenialCode =
  | "unauthenticated"
  | "unavailable"
  | "resource_exhausted"
  | "permission_denied"
  | "not_found"
  | "invalid_argument"
  | "deadline_exceeded"
  | "unimplemented";

/** Why a request was denied, for programs. */
export type DenialReason = AuthenticationReason | GatewayReason | ServiceReason;

/** Why a service that we answer ourselves says no. */
export type ServiceReason =
  /** There is no such procedure here, or not in this form. */
  "no_procedure";

/** Why `authenticate` says no. */
export type AuthenticationReason =
  /** Nothing was presented: log in. */
  | "no_credentials"
  /** The request presents credentials twice, or in a form that no scheme has. */
  | "invalid_request"
  /** Wrong, unknown or disabled: deliberately one word. */
  | "invalid_credentials"
  /** Not a token that this deployment issued. */
  | "invalid_token"
  /** A newer token of this session is in use. Repeat once with it; no handler ran. */
  | "superseded"
  /** The session is over: log in again. */
  | "expired"
  /** The session was ended: log in again. */
  | "revoked"
  /** Good credentials, but the route wants a fresher or stronger log-in: the challenge says which (RFC 9470 §3). */
  | "insufficient_user_authentication"
  /** The session is bound to a key, and the `DPoP` proof is missing or wrong (RFC 9449 §7.1). */
  | "invalid_dpop_proof"
  /** The proof must hold the nonce that comes with this answer: repeat once with it (RFC 9449 §8). */
  | "use_dpop_nonce"
  /** The caller is known, and may not operate as whom they asked for; or there is nobody of that name. */
  | "operate_as_refused"
  /** The store or a handler cannot tell now. The credentials may be good: keep them and try again. */
  | "unavailable"
  /** Too many log-ins failed from there. Passwords are not looked at for a while; tokens and keys are. */
  | "throttled"
  /** More header fields than the server keeps. */
  | "headers_too_large";

/** Why the gateway says no, before or after `authenticate`. */
export type GatewayReason =
  /** The target, the authority or the framing has no canonical form, or more than one reading. */
  | "bad_request"
  /** No route matches. */
  | "no_route"
  /** The caller is known, and the route is not for them. Another log-in may help; the same one will not. */
  | "not_permitted"
  /** No connection to the upstream was to be had: nothing was sent. */
  | "upstream_unavailable"
  /** The upstream broke off, or answered in no way that HTTP knows. */
  | "upstream_failed"
  /** The upstream did not answer in time. */
  | "upstream_timeout";

/** A token that a response is to carry as `Authorization: <scheme> <token>`. */
export interface Offer {
  readonly token: string;
  /** By which it is to be presented: `DPoP` when its session is bound to a key (RFC 9449 §7.1). */
  readonly scheme: "Bearer" | "DPoP";
  /** What the answer's `Set-Cookie` must say, where the client keeps the token in a cookie. */
  readonly setCookie?: string | undefined;
  /**
   * Asked when headers are about to leave: `false` when the session has ended meanwhile, or when so much time has
   * passed since the decision that the token may have been superseded. Then the response goes without.
   */
  usable(): boolean;
}

export function createOffer({ token, scheme, usable, setCookie }: Offer): Offer {
  return withSecret({ scheme, usable }, { token, setCookie });
}
