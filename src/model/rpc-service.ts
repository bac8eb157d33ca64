import type { Awaitable } from "../base/awaitable.js";
import type { Denial, DenialCode, DenialReason, Offer } from "./decision.js";
import type { Identity } from "./identity.js";
import type { AuthRequest } from "./request.js";
import type { Caller, Session, SessionRules } from "./session.js";

/** An RPC service in bytes, so that services need no web server, and the adapter that carries them no generated code. */
export interface RpcService<I extends Identity = Identity> {
  /** Full name: `arrow.flight.protocol.FlightService`. */
  readonly name: string;
  /** By name. What is not here is `unimplemented`, for callers who were let in. */
  readonly methods: ReadonlyMap<string, RpcMethod<I>>;
  /** Sessions that credentials open through it have these. */
  readonly rules: SessionRules;
  /** How this wire spells credentials, in the engine's spelling: name, value, name, value. Default: as they came. */
  readonly toRawHeaders?: ((rawHeaders: readonly string[]) => readonly string[]) | undefined;
}

/** One procedure. */
export type RpcMethod<I extends Identity = Identity> = UnaryMethod<I> | StreamMethod<I>;

interface Access {
  /** Credentials are optional; wrong ones are refused all the same. Default: `false`. */
  readonly anonymous?: boolean;
  /** `false`: credentials are looked at, and neither open a session nor turn a token. Default: `true`. */
  readonly opens?: boolean;
}

/** One message in, one out. */
export interface UnaryMethod<I extends Identity = Identity> extends Access {
  readonly kind: "unary";
  /** A rejection is a fault of ours; `AuthError` `unavailable` is answered as that. */
  answer(message: Uint8Array, call: RpcCall<I>): Awaitable<Uint8Array | Denial>;
}

/** Messages in, messages out. */
export interface StreamMethod<I extends Identity = Identity> extends Access {
  readonly kind: "stream";
  begin(call: RpcCall<I>): Conversation;
}

/** What one stream says. Its methods are called one at a time. */
export interface Conversation {
  /** `undefined` says nothing. */
  receive(message: Uint8Array): Awaitable<Reply | Denial | undefined>;
  /** The client has half-closed: `undefined` ends well. */
  end(): Awaitable<Reply | Denial | undefined>;
}

/** What a stream says to one message. */
export interface Reply {
  readonly kind: "reply";
  readonly message: Uint8Array;
  /** Then the stream has ended well, half-closed or not. */
  readonly last: boolean;
  /** The stream may say nothing for as long as this session lives, and ends with it. */
  readonly session?: Session | undefined;
}

/** Who called, and what for. */
export interface RpcCall<I extends Identity = Identity> {
  readonly request: AuthRequest;
  /** Whom the headers prove; `undefined` on an anonymous call. */
  readonly caller: Caller<I> | undefined;
  /** The token that the answer carries. */
  readonly offer: Offer | undefined;
  /** Calls back once when the client has left or was answered. */
  onGone(callback: () => void): void;
}

/** A denial in a service's own words. */
export function refuse(code: DenialCode, reason: DenialReason, message: string): Denial {
  return Object.freeze({ kind: "denied", code, reason, message, challenges: Object.freeze([]) });
}
