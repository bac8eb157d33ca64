import { AuthError } from "../base/errors.js";
import type { Denied } from "../credentials/deny.js";
import type { OneTimeProofs } from "../handlers/handler.js";
import type { SigningKey } from "../keys/key-ring.js";
import type { Denial } from "../model/decision.js";
import type { Identity } from "../model/identity.js";
import type { Caller, SessionRules } from "../model/session.js";
import type { SealedSlots } from "../sessions/sealed-slots.js";
import { createSightings, type Sightings } from "../sessions/sightings.js";
import type { CallerSlot } from "./caller-slot.js";
import type { Holds } from "./holds.js";

/** The parts of an `Auth` that only fronts need: adapters and services, not routes. */
export interface AuthFront<I extends Identity = Identity> {
  /** Part of every token's MAC and of every challenge. */
  readonly realm: string;
  /** Policy and durations of the sessions that open, where a front does not give its own. */
  readonly rules: SessionRules;
  /** Schemes exactly as their handlers spell them, and aliases, each with the scheme in lower case that it stands for. */
  readonly schemes: ReadonlyMap<string, string>;
  /** The headers that carry credentials beside `Authorization`, in lower case: see `Handler.header`. */
  readonly credentialHeaders: readonly string[];
  /** The slot in which a request, or a Connect context, keeps its caller. One per `createAuth`. */
  readonly slot: CallerSlot<I>;
  /** What the front keeps beside sessions, such as the gateway of their sessions at upstreams. */
  readonly sealed: SealedSlots;
  /**
   * Returns the one-time proofs of a scheme's handler, for a front that belongs to that handler: through them
   * `externalPages` finds the clients that wait on any node.
   *
   * @param scheme in any case
   */
  oneTimeProofs(scheme: string): OneTimeProofs;
  /**
   * Reports that a function of the application failed.
   *
   * @param callback the name of the option, such as `trustProxy`
   */
  callbackFailed(callback: string, error: unknown): void;
  /**
   * Watches what let a caller in, for what lives longer than a call, such as a stream: calls `end` once when the session
   * ends or loses a role; without a session when the credentials expire, the account is ended, or its handler says that
   * it is gone or has lost a role, or could not tell for `recheckStaleMs`.
   *
   * @returns a function that ends the watch: call it when the stream is over
   */
  hold(caller: Caller, end: () => void): () => void;
  /** Goes on with a watch of an engine that this one replaces; see `Holds.takeOver`. */
  takeOver: Holds["takeOver"];
  /** Returns the denial of a request that cannot be decided now: 503. */
  unavailable(request: Denied): Denial;
  /**
   * Returns the denial of a caller who is known and may not do this: 403.
   *
   * @param message for the caller. Default: the words of every such denial
   */
  notPermitted(caller: Caller, request: Denied, message?: string): Denial;
  /**
   * Why no caller should be sent to this process, in words for an operator; `undefined`: nothing is known. It is that the
   * key ring lacks what signed most live sessions.
   */
  obstacle(): string | undefined;
}

/** What a front that makes its engine anew, as the gateway does at a reload, takes over from the one before. */
export interface AuthInternals {
  /** What handlers have said. */
  readonly sightings: Sightings;
  /** What let callers without a session in, as handlers said. */
  readonly vias: WeakMap<Caller, string>;
  readonly signer: SignerMemory;
}

/** Remembers the key that signs, so that no ring without it is taken in the place of the ring before. */
export interface SignerMemory {
  /** Returns the key that signed until now; `undefined`: none is known, or the ring was another deployment's. */
  last(): SigningKey | undefined;
  note(signing: () => SigningKey | undefined): void;
}

export function createInternals(): AuthInternals {
  let last: () => SigningKey | undefined = () => undefined;
  return {
    sightings: createSightings(),
    vias: new WeakMap(),
    signer: {
      last: () => last(),
      note(signing) {
        last = signing;
      },
    },
  };
}

/**
 * Checks the first argument of a front.
 *
 * @param where the front, for the message
 * @throws {AuthError} `invalid_options` when it is no `Auth`
 */
export function requireAuth(where: string, auth: { readonly front: unknown } | undefined): void {
  if (typeof auth?.front === "object" && auth.front !== null) return;
  throw new AuthError("invalid_options", `${where} needs auth as its first argument: what createAuth({ … }) returns`);
}
