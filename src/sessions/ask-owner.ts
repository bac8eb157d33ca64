import { type Awaitable, adopt, after, rescue, withinTime } from "../base/awaitable.js";
import type { Platform } from "../base/platform.js";
import type { Handler, OneTimeProofs } from "../handlers/handler.js";
import type { Emit } from "../model/events.js";
import { toFrozen } from "../model/frozen-copy.js";
import { type Identity, requireIdentityJson } from "../model/identity.js";

export interface AskOwnerParts {
  readonly platform: Platform;
  readonly proofsOf: (scheme: string) => OneTimeProofs;
  readonly timeoutMs: number;
  readonly emit: Emit;
}

/** The handler cannot tell now. */
export const unknownNow: unique symbol = Symbol("cannot tell");

/** The account as it is now; `undefined` when it, or what let the caller in, is gone. */
export type OwnerAnswer<I> = I | undefined | typeof unknownNow;

/** An account, and what let its caller in. */
export interface Owner<I extends Identity> {
  readonly scheme: string;
  readonly identity: I;
  readonly via: string | undefined;
}

/** Asks a handler about an account that it let in. Never throws and never rejects. */
export type AskOwner<I extends Identity> = (handler: Handler<I>, owner: Owner<I>) => Awaitable<OwnerAnswer<I>>;

/** The most questions under way: the sessions of a whole directory may be due at once. Others are asked a little later. */
const maxAsking = 64;

export function createAskOwner<I extends Identity>({
  platform,
  proofsOf,
  timeoutMs,
  emit,
}: AskOwnerParts): AskOwner<I> {
  /** Questions under way, by what is asked: sessions of one account share one. */
  const asking = new Map<string, Promise<OwnerAnswer<I>>>();

  return function askOwner(handler, { scheme, identity, via }) {
    const key = JSON.stringify([scheme, handler.epoch?.(), identity.subject, via]);
    const underWay = asking.get(key);
    if (underWay !== undefined) return underWay;
    if (asking.size >= maxAsking) return unknownNow;
    const aborter = new AbortController();
    const context = { via, signal: aborter.signal, derive: proofsOf(scheme).derive };
    const answer = rescue<OwnerAnswer<I>>(
      () =>
        after(withinTime(adopt(handler.recheck?.(identity, context)), platform, timeoutMs), (found) => {
          if (found === undefined || found === null || found === false) return undefined;
          requireIdentityJson(found);
          return found.subject === identity.subject ? toFrozen(found) : undefined;
        }),
      (error) => {
        aborter.abort();
        emit({ kind: "handler-failed", scheme, failure: { kind: "threw", error } });
        return unknownNow;
      },
    );
    if (!(answer instanceof Promise)) return answer;
    asking.set(key, answer);
    const done = () => void asking.delete(key);
    answer.then(done, done);
    return answer;
  };
}
