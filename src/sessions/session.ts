import type { EventSource } from "../events.js";
import type { Actor, Identity, Json } from "../identity.js";
import type { SessionRules } from "../stores/store.js";
import type { Confirmation } from "./confirmation.js";

/** The server's record of one log-in, as a route sees it. */
export interface Session {
  /** Names the session in logs, lists and stores. It is no secret: no token can be made from it. */
  readonly ref: string;
  /** The scheme that opened it, in lower case. */
  readonly scheme: string;
  /** Its policy and durations, fixed when it opened. */
  readonly rules: SessionRules;
  /** Milliseconds since 1970, by the store's clock. */
  readonly createdAt: number;
  /** What its caller must prove beside the token; `undefined` for a plain bearer. */
  readonly cnf?: Confirmation | undefined;
  /** When it ends whatever happens, milliseconds since 1970 by the store's clock. */
  readonly expiresAt: number;
  /** This session's own data, shared by all nodes: a small JSON value, `undefined` until something was put. */
  state(): Promise<Json | undefined>;
  /**
   * Replaces the data by what `change` makes of it; `change` may run several times when nodes race.
   *
   * @throws {AuthError} `session_ended`, or `unavailable` when the store cannot answer.
   */
  updateState(change: (current: Json | undefined) => Json): Promise<Json>;
  /**
   * Calls back once when the session has ended, by log-out, revocation or expiry: in this process only, and not when
   * `auth` is closed. What the callback throws is ignored.
   * Returns a function that takes the callback back.
   */
  onEnd(callback: (reason: string) => void): () => void;
  /** Logs out: final on every node. `reason` goes to lists and events; default `"logout"`. `source`: the request, for events. */
  end(reason?: string, source?: EventSource): Promise<void>;
  /** It is known here to have ended. */
  readonly ended: boolean;
}

/** Who is calling: what a route sees. */
export interface Caller<I extends Identity = Identity> {
  readonly identity: I;
  /** Who really logged in, when they operate as `identity`. */
  readonly actor?: Actor | undefined;
  /** When they last proved who they are, milliseconds since 1970; `undefined` when nobody knows. For step-up. */
  readonly authenticatedAt?: number | undefined;
  /** How strong that proof was, as the identity provider names it. */
  readonly acr?: string | undefined;
  /** The scheme that was presented with this request, in lower case. */
  readonly scheme: string;
  /** Only when a session token was presented. */
  readonly session?: Session | undefined;
}
