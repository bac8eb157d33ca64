import { type Awaitable, adopt } from "../base/awaitable.js";
import { AuthError } from "../base/errors.js";
import type { Platform } from "../base/platform.js";
import type { HandlerFailure } from "../model/events.js";
import { type Identity, requireSubject } from "../model/identity.js";
import type { Peer, Target } from "../model/request.js";
import { declined, type HandlerContext, type OneTimeProofs, rejected, unavailable, type Verdict } from "./handler.js";

export interface RunOptions {
  readonly platform: Platform;
  /** What every handler is given. Milliseconds. */
  readonly timeoutMs: number;
  /** What this handler asks for; the longer of the two is its deadline. Milliseconds. */
  readonly ownTimeoutMs?: number | undefined;
  /** Aborted when nobody waits for the verdict any more: whatever comes later counts for nothing. */
  readonly signal?: AbortSignal | undefined;
  readonly peer: Peer;
  readonly target: Target;
  /** Asked when the handler reads it. */
  readonly source?: (() => string | undefined) | undefined;
  /** Asked for when the handler reads it first. */
  readonly proofs: () => OneTimeProofs;
  readonly round: number;
  readonly state?: unknown;
  /** Told what went wrong. The error is the handler's own: it may hold anything, so do not log its text unasked. */
  readonly onFailure?: ((failure: HandlerFailure) => void) | undefined;
}

/**
 * Runs one method of a handler and returns a verdict that can be trusted in form: a handler that throws, rejects,
 * never settles, settles late or returns something else counts as `unavailable`. It never throws or rejects.
 *
 * A verdict given at once is returned at once, without a timer or a promise.
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

/** What is made when it is first read: a controller costs 4 µs, and a handler that answers at once needs none. */
interface Lazy {
  readonly signal: () => AbortSignal;
  readonly source: RunOptions["source"];
  readonly proofs: RunOptions["proofs"];
}

/** What a context has of its own; the rest it has from the prototype. */
interface OwnProperties extends Omit<HandlerContext, keyof Lazy> {
  readonly __proto__: typeof contextPrototype;
  readonly [lazy]: Lazy;
}

/**
 * Getters in a literal would give every context a hidden class of its own, and that keeps the request alive until the
 * next full collection.
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

function createContext({ peer, target, source, proofs, round, state }: RunOptions): {
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
    reason = new AuthError("unavailable", "Nobody waits for this handler's answer any more");
    controller?.abort(reason);
  };
  const own: OwnProperties = {
    __proto__: contextPrototype,
    peer,
    target,
    round,
    state,
    [lazy]: { signal, source, proofs },
  };
  return { context: own as OwnProperties & HandlerContext, abort };
}

/** A promise settles once, so an answer after the deadline, or a second one, reaches nobody. */
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
    // Held: somebody awaits the verdict, even where no socket keeps the process alive.
    const cancel = options.platform.delay(Math.max(options.timeoutMs, options.ownTimeoutMs ?? 0), passed, true);
    if (options.signal?.aborted) left();
    else options.signal?.addEventListener("abort", left);
    answer.then(
      (value) => settle(() => toVerdict(value, options)),
      (error: unknown) => settle(() => fail({ kind: "threw", error }, options)),
    );
  });
}

/** A fresh, checked object: whatever else the handler put into its own one goes no further. */
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
  } catch {
    // Reported below: an identity without a usable subject, or a getter that throws.
  }
  return fail({ kind: "invalid-verdict" }, options);
}

function toAccepted<I extends Identity>(verdict: Verdict<I> & { kind: "accepted" }): Verdict<I> {
  const { identity, actor, expiresAt, acr, authenticatedAt } = verdict;
  // Both an identity and an error: a plugin that failed half-way must not log anybody in (OpenBao CVE-2026-46405).
  if ("error" in verdict && verdict.error) throw new AuthError("invalid_identity", "both an identity and an error");
  requireSubject(identity);
  if (actor !== undefined) requireSubject(actor);
  for (const instant of [expiresAt, authenticatedAt === "unknown" ? undefined : authenticatedAt]) {
    if (instant !== undefined && !Number.isFinite(instant)) {
      throw new AuthError("invalid_identity", "expiresAt and authenticatedAt must be finite numbers");
    }
  }
  if (acr !== undefined && typeof acr !== "string") throw new AuthError("invalid_identity", "acr must be a string");
  return { kind: "accepted", identity, actor, expiresAt, acr, authenticatedAt };
}

function fail(failure: HandlerFailure, { onFailure }: RunOptions): Verdict<never> {
  try {
    onFailure?.(failure);
  } catch {
    // Somebody who only watches must not turn a 503 into a crash.
  }
  return unavailable;
}
