import { type Awaitable, adopt } from "../base/awaitable.js";
import { AuthError } from "../base/errors.js";
import type { Platform } from "../base/platform.js";
import type { HandlerFailure } from "../model/events.js";
import { toFrozen } from "../model/frozen-copy.js";
import { type Actor, type Identity, isListOfTexts, requireSubject } from "../model/identity.js";
import type { Peer, Target } from "../model/request.js";
import { kindName } from "../wire/option-fault.js";
import { declined, type HandlerContext, type OneTimeProofs, rejected, unavailable, type Verdict } from "./handler.js";

export interface RunOptions {
  readonly platform: Platform;
  /** The deadline of every handler, in milliseconds. */
  readonly timeoutMs: number;
  /** The handler's own `timeoutMs`, in milliseconds; the longer of the two is its deadline. */
  readonly ownTimeoutMs?: number | undefined;
  /** Aborted when the caller has left: a later verdict is ignored. */
  readonly signal?: AbortSignal | undefined;
  readonly peer: Peer;
  readonly target: Target;
  /** See `HandlerContext`. */
  readonly forwarded?: readonly string[] | undefined;
  /** Called each time the handler reads `source`. */
  readonly source?: (() => string | undefined) | undefined;
  /** Called when the handler reads `proofs`. */
  readonly proofs: () => OneTimeProofs;
  readonly round: number;
  readonly state?: unknown;
  /**
   * Called when the handler failed. The error is the handler's own and may hold secrets, so do not log its text by
   * default.
   */
  readonly onFailure?: ((failure: HandlerFailure) => void) | undefined;
}

/**
 * Runs one method of a handler and returns a well-formed verdict. A handler that throws, rejects, never settles,
 * settles late or returns something else counts as `unavailable`. It never throws or rejects.
 *
 * A verdict that the handler returns synchronously is returned synchronously, without a timer or a promise.
 */
export function runHandler<I extends Identity>(
  call: (context: HandlerContext) => Awaitable<Verdict<I>>,
  options: RunOptions,
): Awaitable<Verdict<I>> {
  const { context, abort } = createContext(options);
  try {
    const answer = adopt(call(context));
    return answer instanceof Promise ? beforeDeadline(answer, options, abort) : toVerdict(answer, options);
  } catch (error) {
    return fail({ kind: "threw", error }, options);
  }
}

const lazy: unique symbol = Symbol("sallyport.lazy");

/**
 * Members of a context that are made when the handler reads them: a controller costs 4 µs, and a handler that answers
 * synchronously needs none.
 */
interface Lazy {
  readonly signal: () => AbortSignal;
  readonly source: RunOptions["source"];
  readonly proofs: RunOptions["proofs"];
}

/** The own properties of a context; the others are getters of the prototype. */
interface OwnProperties extends Omit<HandlerContext, keyof Lazy> {
  readonly __proto__: typeof contextPrototype;
  readonly [lazy]: Lazy;
}

/**
 * The prototype of contexts. Getters in an object literal would give every context a hidden class of its own, which
 * keeps the request alive until the next full garbage collection.
 */
const contextPrototype = Object.freeze({
  get signal() {
    return (this as unknown as OwnProperties)[lazy].signal();
  },
  get source() {
    return (this as unknown as OwnProperties)[lazy].source?.();
  },
  get proofs() {
    return (this as unknown as OwnProperties)[lazy].proofs();
  },
});

function createContext({ peer, target, forwarded, source, proofs, round, state }: RunOptions): {
  context: HandlerContext;
  abort: () => void;
} {
  let controller: AbortController | undefined;
  let reason: AuthError | undefined;
  const signal = (): AbortSignal => {
    if (controller === undefined) {
      controller = new AbortController();
      if (reason !== undefined) controller.abort(reason);
    }
    return controller.signal;
  };
  const abort = (): void => {
    reason = new AuthError(
      "unavailable",
      "The handler's deadline has passed, or the caller has left: its answer is ignored",
    );
    controller?.abort(reason);
  };
  const own: OwnProperties = {
    __proto__: contextPrototype,
    peer,
    target,
    forwarded,
    round,
    state,
    [lazy]: { signal, source, proofs },
  };
  return { context: own as OwnProperties & HandlerContext, abort };
}

/**
 * Waits for a handler's answer until its deadline. A promise settles once, so a later or a second answer is ignored.
 */
function beforeDeadline<I extends Identity>(
  answer: Promise<Verdict<I>>,
  options: RunOptions,
  abort: () => void,
): Promise<Verdict<I>> {
  return new Promise((resolve) => {
    let settled = false;
    const settle = (verdict: () => Verdict<I>) => {
      if (settled) return;
      settled = true;
      cancel();
      options.signal?.removeEventListener("abort", left);
      resolve(verdict());
    };
    const passed = () => {
      settle(() => fail({ kind: "timed-out" }, options));
      abort();
    };
    const left = () => {
      settle(() => unavailable);
      abort();
    };
    // The timer keeps the process alive, since the engine awaits the verdict, even if no socket keeps the process
    // alive.
    const cancel = options.platform.delay(Math.max(options.timeoutMs, options.ownTimeoutMs ?? 0), passed, true);
    if (options.signal?.aborted) left();
    else options.signal?.addEventListener("abort", left);
    answer.then(
      (value) => settle(() => toVerdict(value, options)),
      (error: unknown) => settle(() => fail({ kind: "threw", error }, options)),
    );
  });
}

/** Checks a verdict and returns a new object, so that further members of the handler's object are dropped. */
function toVerdict<I extends Identity>(verdict: Verdict<I>, options: RunOptions): Verdict<I> {
  try {
    switch (verdict?.kind) {
      case "accepted":
        return toAccepted(verdict);
      case "challenged":
        if (!(verdict.payload instanceof Uint8Array)) break;
        return { kind: "challenged", payload: verdict.payload, state: verdict.state };
      case "declined":
        return declined;
      case "rejected":
        return rejected;
      case "unavailable":
        return unavailable;
      default:
        verdict satisfies never;
    }
  } catch (error) {
    // An identity without a usable subject, or a getter that throws.
    return fail({ kind: "invalid-verdict", found: describeVerdict(verdict, error) }, options);
  }
  return fail({ kind: "invalid-verdict", found: describeVerdict(verdict) }, options);
}

/** Describes what a handler returned instead of a verdict: kinds and names, never a value, which may be secret. */
function describeVerdict(verdict: unknown, error?: unknown): string {
  // The messages of the checks of an identity hold no value.
  if (error instanceof AuthError)
    return `an accepted verdict whose ${error.message.replace(/^identity\b/, "identity")}`;
  if (typeof verdict !== "object" || verdict === null) return kindName(verdict);
  return error === undefined ? "an object that is no verdict" : "an object that throws when it is read";
}

function toAccepted<I extends Identity>(verdict: Verdict<I> & { kind: "accepted" }): Verdict<I> {
  const { expiresAt, acr, authenticatedAt, via } = verdict;
  // A handler may answer with one object for all its callers: what a route does to it must not reach the next one.
  const identity = toFrozen(verdict.identity);
  const actor = toFrozen(verdict.actor);
  const scopes = toFrozen(verdict.scopes);
  // A verdict with an identity and an error is refused: a plugin that failed half-way must not log its caller in
  // (OpenBao CVE-2026-46405).
  if ("error" in verdict && verdict.error) throw new AuthError("invalid_identity", "both an identity and an error");
  requireSubject(identity);
  for (let each: Actor | undefined = actor; each !== undefined; each = each.actor) requireSubject(each);
  for (const instant of [expiresAt, authenticatedAt === "unknown" ? undefined : authenticatedAt]) {
    if (instant !== undefined && !Number.isFinite(instant)) {
      throw new AuthError("invalid_identity", "expiresAt and authenticatedAt must be finite numbers");
    }
  }
  if (via !== undefined && !(typeof via === "string" && viaShape.test(via))) {
    throw new AuthError("invalid_identity", "via must be 1 to 64 characters of visible ASCII");
  }
  if (acr !== undefined && typeof acr !== "string") throw new AuthError("invalid_identity", "acr must be a string");
  if (scopes !== undefined && !isListOfTexts(scopes)) {
    throw new AuthError("invalid_identity", "scopes must be a list of texts");
  }
  return {
    kind: "accepted",
    identity,
    actor,
    expiresAt: expiresAt === undefined ? undefined : Math.floor(expiresAt),
    acr,
    scopes,
    ...(via !== undefined && { via }),
    authenticatedAt: typeof authenticatedAt === "number" ? toInstant(authenticatedAt) : authenticatedAt,
  };
}

/** The chain's place, a space and what its handler said count too. */
const viaShape = /^[ -~]{1,64}$/;

/** The last instant that a protobuf `Timestamp` can hold: the end of the year 9999. */
const lastInstant = 253_402_300_799_999;

/**
 * Returns an instant in whole milliseconds (RFC 7519 §2: a NumericDate may have a fraction); `"unknown"` for one that no
 * message could carry.
 */
function toInstant(instant: number): number | "unknown" {
  const whole = Math.floor(instant);
  return whole >= 0 && whole <= lastInstant ? whole : "unknown";
}

function fail(failure: HandlerFailure, { onFailure }: RunOptions): Verdict<never> {
  try {
    onFailure?.(failure);
  } catch {
    // An observer that throws must not turn a 503 into a crash.
  }
  return unavailable;
}
