import { withSecret } from "../base/with-secret.js";
import type { Identity } from "./identity.js";
import type { HeaderFields } from "./request.js";
import type { Caller, SessionRules } from "./session.js";

/** Options of `authenticate`, as the route requires them. */
export interface AuthenticateOptions {
  /** A request without credentials is allowed. Default: `false`. Wrong credentials are refused in either case. */
  readonly anonymous?: boolean;
  /** How recent, and how strong, the log-in must be. Default: any log-in suffices. */
  readonly stepUp?: StepUp | undefined;
  /** `false` checks a token without rotating it, for loaders and server-side rendering. Default: `true`. */
  readonly rotate?: boolean;
  /**
   * For clients that work only with a token and look for it in every response: accepted credentials open a session with
   * these rules, each time and also when their handler opens none, and the current token of an `overlapping` session is
   * offered again. Default: tokens are offered when they are new.
   */
  readonly open?: SessionRules | undefined;
  /**
   * As `open` for session tokens, while other credentials open nothing: for a call that ends a session, and that such a
   * client may see fail. Default: `false`.
   */
  readonly again?: boolean;
  /**
   * Accept a ticket in place of other credentials, offered as the WebSocket subprotocol `sallyport.ticket.<ticket>`. Give it
   * for requests that ask for a WebSocket only. Default: a ticket there is refused.
   */
  readonly socketTicket?: SocketTicket | undefined;
}

/** The tickets that a WebSocket may present. */
export interface SocketTicket {
  /** The service for which the ticket was issued. */
  readonly service: string;
  /** Whether pages of another origin than the request's own host may use one. Default: they may not. */
  allowsOrigin?(origin: string): boolean;
}

/** The requirements of a route on the log-in behind a call (RFC 9470). */
export interface StepUp {
  /** The caller must have proved who they are within this time. Milliseconds. */
  readonly maxAgeMs?: number | undefined;
  /** The log-in's `acr` must be one of these. */
  readonly acrValues?: readonly string[] | undefined;
}

/** The requirements of a route on a caller. */
export interface CallerRequirements extends StepUp {
  /** The caller must have one of these roles. */
  readonly roles?: readonly string[] | undefined;
  /** The caller must have all of these scopes (RFC 6750 §3.1). */
  readonly scopes?: readonly string[] | undefined;
}

/** What `authenticate` decided. */
export type Decision<I extends Identity = Identity> = Allowed<I> | Anonymous | Denial;

/** The request is allowed, and its caller is known. */
export interface Allowed<I extends Identity = Identity> {
  readonly kind: "allowed";
  readonly caller: Caller<I>;
  /** The token that the response must carry, if any. */
  readonly offer?: Offer | undefined;
  /** Further header fields that the response must carry, such as the next `DPoP-Nonce`. */
  readonly headers?: HeaderFields | undefined;
  /**
   * The header that carried the credentials, where that is not `Authorization`. The response names it in `Vary`: a shared
   * cache does not know that it is a credential (RFC 9111 §3.5).
   */
  readonly vary?: string | undefined;
}

/** The request holds no credentials, and the route allows that. */
export interface Anonymous {
  readonly kind: "anonymous";
}

/**
 * The request is refused: what an adapter writes into the response. Frozen and shared, since a refusal must be cheap.
 */
export interface Denial {
  readonly kind: "denied";
  readonly code: DenialCode;
  /** For programs. It never tells whether a user exists. */
  readonly reason: DenialReason;
  /** For people. It is the same for an unknown user, a wrong password and an unknown scheme. */
  readonly message: string;
  /** Values for `WWW-Authenticate`, one field each; empty unless the caller can do something about it. */
  readonly challenges: readonly string[];
  /** Further header fields that the response must carry. */
  readonly headers?: HeaderFields | undefined;
}

/**
 * The Connect and gRPC name of a denial: 401 / 16, 503 / 14, 431 and 429 / 8; and in the gateway also 403 / 7, 404 / 5,
 * 400 / 3, 504 / 4, 500 / 13, 500 / 2 and, where a service has no such procedure, 501 / 12.
 */
export type DenialCode =
  | "unauthenticated"
  | "unavailable"
  | "resource_exhausted"
  | "permission_denied"
  | "not_found"
  | "invalid_argument"
  | "deadline_exceeded"
  | "unimplemented"
  | "internal"
  | "unknown";

/** Why a request was denied, for programs. */
export type DenialReason = AuthenticationReason | GatewayReason | ServiceReason;

/** Why a service that Sallyport answers itself denies a call. */
export type ServiceReason =
  /** There is no such procedure here, or not in this form. */
  "no_procedure";

/** Why `authenticate` denies a request. */
export type AuthenticationReason =
  /** The request holds no credentials: log in. */
  | "no_credentials"
  /** The request presents credentials twice, or in a form that no scheme has. */
  | "invalid_request"
  /** The credentials are wrong, or the user is unknown or disabled: deliberately one reason for all. */
  | "invalid_credentials"
  /** The token was not issued by this deployment. */
  | "invalid_token"
  /** A newer token of this session is in use. Repeat once with it; no handler ran. */
  | "superseded"
  /** The session is over: log in again. */
  | "expired"
  /** The session was ended: log in again. */
  | "revoked"
  /**
   * The credentials are valid, but the route requires a fresher or stronger log-in, as the challenge says (RFC 9470
   * §3).
   */
  | "insufficient_user_authentication"
  /** The caller is known, and lacks a scope that the route requires, as the challenge says (RFC 6750 §3.1). */
  | "insufficient_scope"
  /** The caller is known, and the route does not permit them. Another log-in may help; the same one will not. */
  | "not_permitted"
  /** The session is bound to a key, and the `DPoP` proof is missing or wrong (RFC 9449 §7.1). */
  | "invalid_dpop_proof"
  /** The proof must hold the nonce that comes with this response: repeat once with it (RFC 9449 §8). */
  | "use_dpop_nonce"
  /** The caller is known, and may not operate as the subject that they asked for, or that subject does not exist. */
  | "operate_as_refused"
  /** The store or a handler cannot tell now. The credentials may be good: keep them and try again. */
  | "unavailable"
  /** This node has no handler for the scheme that opened the session; another one may. Keep the token and try again. */
  | "no_handler"
  /**
   * Too many log-ins failed from this source, or from all. Passwords are not checked for a while; tokens and keys are.
   */
  | "throttled"
  /** So many tickets of this account, or of all, may still be redeemed that no further one is issued for a while. */
  | "too_many_tickets"
  /** More header fields than the server keeps. */
  | "headers_too_large";

/** Why the gateway denies a request, before or after `authenticate`. */
export type GatewayReason =
  /** The target, the authority or the framing has no canonical form, or more than one reading. */
  | "bad_request"
  /** No route matches. */
  | "no_route"
  /** The caller has used the route as often as its rate allows. Try again after `Retry-After`. */
  | "rate_limited"
  /** As many requests of the caller are under way on the route as its limit allows. */
  | "too_many_concurrent"
  /** The service that decides about requests of the route did not say. */
  | "authorizer_unavailable"
  /** The body is longer than the route takes. */
  | "body_too_large"
  /** The gateway logs in to the upstream for each session, and the request came without one: log in first. */
  | "session_required"
  /** No connection to the upstream could be opened: nothing was sent. */
  | "upstream_unavailable"
  /** The upstream closed the connection early, or its response is no valid HTTP. */
  | "upstream_failed"
  /** The upstream did not answer in time. */
  | "upstream_timeout"
  /** A gRPC call went to an upstream over HTTP/1.1, which answered with something else than gRPC. */
  | "upstream_not_grpc"
  /** An upstream of gRPC is called by POST only, and by GET where the route names the method. */
  | "method_not_allowed"
  /** A call to an upstream of gRPC is in another format than its messages. */
  | "unsupported_media_type"
  /** An upstream of gRPC has no such method, as far as its route knows them. */
  | "no_method"
  /** The caller's body is not a sequence of messages, or one of them is malformed. */
  | "message_malformed"
  /** A message of the caller is longer than its route allows. */
  | "message_too_large"
  /** The messages of all calls that must be kept whole fill the memory that they may take. */
  | "too_many_messages"
  /** The answer of an upstream of gRPC is not one of gRPC. */
  | "upstream_malformed"
  /** A message of the upstream is longer than the route allows. */
  | "upstream_message_too_large";

/** A token that a response is to carry as `Authorization: <scheme> <token>`. */
export interface Offer {
  readonly token: string;
  /** The scheme with which to present it: `DPoP` when its session is bound to a key (RFC 9449 §7.1). */
  readonly scheme: "Bearer" | "DPoP";
  /** The value of the response's `Set-Cookie`, where the client keeps the token in a cookie. */
  readonly setCookie?: string | undefined;
  /**
   * Whether the response may carry the token; called just before its headers are sent. `false` when the session has
   * ended meanwhile, or when so much time has passed since the decision that the token may have been superseded.
   */
  usable(): boolean;
}

/** Makes an offer whose token, alone and in `setCookie`, is shown by neither `inspect` nor JSON nor a copy by `...`. */
export function createOffer({ token, scheme, usable, setCookie }: Offer): Offer {
  return withSecret({ scheme, usable }, { token, setCookie });
}
