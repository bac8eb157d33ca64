import type { Awaitable } from "../base/awaitable.js";
import type { Denial, DenialCode, DenialReason, Offer } from "./decision.js";
import type { Identity } from "./identity.js";
import type { AuthRequest } from "./request.js";
import type { Caller, Session, SessionRules } from "./session.js";

/** An RPC service in bytes, so that services need no web server, and the adapter that carries them no generated code. */
export interface RpcService<I extends Identity = Identity> {
  /** Full name: `arrow.flight.protocol.FlightService`. */
  readonly name: string;
  /** Methods by name. For any other name an authenticated caller gets `unimplemented`. */
  readonly methods: ReadonlyMap<string, RpcMethod<I>>;
  /** The rules of sessions that credentials open through this service. */
  readonly rules: SessionRules;
  /**
   * Translates this wire's spelling of credentials into header fields: name, value, name, value. Default: no change.
   */
  readonly toRawHeaders?: ((rawHeaders: readonly string[]) => readonly string[]) | undefined;
}

/** One procedure. */
export type RpcMethod<I extends Identity = Identity> = UnaryMethod<I> | StreamMethod<I>;

interface Access {
  /** Credentials are optional; wrong ones are refused in either case. Default: `false`. */
  readonly anonymous?: boolean;
  /** `false`: credentials are checked, and neither open a session nor rotate a token. Default: `true`. */
  readonly opens?: boolean;
}

/** One message in, one out. */
export interface UnaryMethod<I extends Identity = Identity> extends Access {
  readonly kind: "unary";
  /**
   * Answers a message. A rejection is a fault of the service; `AuthError` `unavailable` is answered as `unavailable`.
   */
  answer(message: Uint8Array, call: RpcCall<I>): Awaitable<Uint8Array | Denial>;
}

/** Messages in, messages out. */
export interface StreamMethod<I extends Identity = Identity> extends Access {
  readonly kind: "stream";
  begin(call: RpcCall<I>): Conversation;
}

/** The server's side of one stream. Its methods are called one at a time. */
export interface Conversation {
  /** Answers a message. `undefined`: no reply. */
  receive(message: Uint8Array): Awaitable<Reply | Denial | undefined>;
  /** Called when the client has half-closed. `undefined` ends the stream without an error. */
  end(): Awaitable<Reply | Denial | undefined>;
}

/** The reply of a stream to one message. */
export interface Reply {
  readonly kind: "reply";
  readonly message: Uint8Array;
  /** Ends the stream without an error after this reply, also if the client has not half-closed. */
  readonly last: boolean;
  /** The stream may be silent for as long as this session lives, and ends with it. */
  readonly session?: Session | undefined;
}

/** One call: its request and its caller. */
export interface RpcCall<I extends Identity = Identity> {
  readonly request: AuthRequest;
  /** The caller that the headers authenticate; `undefined` on an anonymous call. */
  readonly caller: Caller<I> | undefined;
  /** The token that the answer carries. */
  readonly offer: Offer | undefined;
  /** Calls back once when the client has left or was answered. */
  onGone(callback: () => void): void;
}

/** Makes a denial with a service's own message. */
export function refuse(code: DenialCode, reason: DenialReason, message: string): Denial {
  return Object.freeze({ kind: "denied", code, reason, message, challenges: Object.freeze([]) });
}
