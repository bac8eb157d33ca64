import { type Awaitable, adopt, after } from "../base/awaitable.js";
import { nextEpoch } from "../base/epoch.js";
import { AuthError } from "../base/errors.js";
import { requireArgument } from "../base/options.js";
import type { Identity } from "../model/identity.js";
import { declined, type Handler, type HandlerContext, type RecheckContext, type Verdict } from "./handler.js";
import type { IdentityOf } from "./handler-table.js";

/** The handler of the chain that asked for one more round, and its state. */
interface ChainState {
  readonly index: number;
  readonly state: unknown;
}

/**
 * Makes one handler of several for one scheme. It asks them in order: after `declined` it asks the next; any other
 * verdict is the chain's. Sessions remember which of them let the caller in, by its place: in another order of the
 * chain their callers log in again. A handler that throws ends the chain with `unavailable`: if a failed check were skipped,
 * causing it to fail would bypass it. After `challenged`, the next message goes directly to the handler that asked for
 * it.
 *
 * @param handlers handlers for `scheme` with equal `opens`. The whole chain shares one deadline, the longest of theirs.
 * @throws {AuthError} `invalid_options` for an empty list, a handler of another scheme or with a `header`,
 *   or handlers with different `opens`
 */
export function chain<H extends Handler<Identity>>(scheme: string, handlers: readonly H[]): Handler<IdentityOf<H>> {
  type I = IdentityOf<H>;
  requireArgument("chain", "scheme", scheme, "string");
  requireArgument("chain", "handlers", handlers, "list");
  // Each element yields a part of the identity union.
  const links = [...handlers] as unknown as readonly Handler<I>[];
  const [first] = links;
  if (first === undefined) throw new AuthError("invalid_options", `chain("${scheme}", …) needs at least one handler`);
  for (const link of links) requireLink(link, scheme, first);

  /** Whether one of them can be asked again: then a session remembers which. */
  const isAsked = links.some((link) => link.recheck !== undefined);

  /** Asks the handlers, beginning with the one that asked for this message. */
  function run(ask: (link: Handler<I>, context: HandlerContext) => Awaitable<Verdict<I>>, context: HandlerContext) {
    const resumed = context.state as ChainState | undefined;
    const step = (index: number): Awaitable<Verdict<I>> => {
      const link = links[index];
      if (link === undefined) return declined;
      const own =
        index === resumed?.index ? withState(context, resumed.state, context.round) : withState(context, undefined, 1);
      return after(adopt(ask(link, own)), (verdict) => {
        if (verdict?.kind === "declined") return step(index + 1);
        if (verdict?.kind === "accepted" && isAsked) return { ...verdict, via: toVia(index, verdict.via) };
        if (verdict?.kind !== "challenged") return verdict;
        return { ...verdict, state: { index, state: verdict.state } satisfies ChainState };
      });
    };
    return step(resumed?.index ?? 0);
  }

  return Object.freeze({
    scheme,
    opens: first.opens,
    remember: links.every((link) => link.remember === true),
    epoch: jointEpoch(links),
    ...(isAsked && { recheck: createRecheck(links) }),
    // The deadline holds for the whole chain, so it is that of the slowest handler.
    ...(links.some((link) => link.timeoutMs) && { timeoutMs: Math.max(...links.map((link) => link.timeoutMs ?? 0)) }),
    ...(links.some((link) => link.accountOf) && {
      accountOf(payload: string | Uint8Array) {
        for (const link of links) {
          const account = link.accountOf?.(payload);
          if (account !== undefined) return account;
        }
        return undefined;
      },
    }),
    ...(links.some((link) => link.close) && {
      async close() {
        for (const link of links) await link.close?.();
      },
    }),
    ...(links.some((link) => link.outside) && { outside: () => links.flatMap((link) => link.outside?.() ?? []) }),
    ...(first.challenge && { challenge: (realm: string) => first.challenge?.(realm) }),
    ...(links.some((link) => link.fromHeader) && {
      fromHeader: (payload: string, context: HandlerContext) =>
        run((link, own) => (link.fromHeader ? link.fromHeader(payload, own) : declined), context),
    }),
    ...(links.some((link) => link.fromHandshake) && {
      fromHandshake: (payload: Uint8Array, context: HandlerContext) =>
        run((link, own) => (link.fromHandshake ? link.fromHandshake(payload, own) : declined), context),
    }),
  } satisfies Handler<I>);
}

/** Makes the epoch of several handlers: a new number whenever one of theirs differs, which a sum would hide. */
function jointEpoch(links: readonly Pick<Handler, "epoch">[]): () => number {
  const own = links.filter((link) => link.epoch !== undefined);
  const seen = own.map((link) => link.epoch?.());
  let epoch = nextEpoch();
  return () => {
    let differs = false;
    for (const [index, link] of own.entries()) {
      const now = link.epoch?.();
      differs ||= now !== seen[index];
      seen[index] = now;
    }
    if (differs) epoch = nextEpoch();
    return epoch;
  };
}

const toVia = (index: number, via = ""): string => `${index} ${via}`.trimEnd();

/** Makes the question to the handler that let the caller in. */
function createRecheck<I extends Identity>(links: readonly Handler<I>[]) {
  return (identity: I, context: RecheckContext): Awaitable<I | null | undefined | false> => {
    const [, place, via] = /^(\d+)(?: (.+))?$/.exec(context.via ?? "") ?? [];
    const link = links[Number(place ?? Number.NaN)];
    // Without a place the session is of an earlier version: it cannot be told which of them to ask.
    if (place === undefined || (link !== undefined && link.recheck === undefined)) return identity;
    return link?.recheck?.(identity, { __proto__: context, via } as unknown as RecheckContext);
  };
}

/** Returns the context of one handler of the chain, with its own state and round. The signal stays lazy. */
function withState(context: HandlerContext, state: unknown, round: number): HandlerContext {
  return { __proto__: context, round, state } as unknown as HandlerContext;
}

function requireLink(link: Handler, scheme: string, first: Handler): void {
  if (typeof link?.scheme !== "string" || link.scheme.toLowerCase() !== scheme.toLowerCase()) {
    throw new AuthError(
      "invalid_options",
      `Every handler in chain("${scheme}", …) must answer for ${scheme}; one answers for ${link?.scheme}`,
    );
  }
  if (link.header !== undefined) {
    const message = `A handler in chain("${scheme}", …) has a header, ${link.header}, whose value the others would get, too. Leave the header out, or give that handler a scheme of its own`;
    throw new AuthError("invalid_options", message);
  }
  if (link.opens !== first.opens) {
    throw new AuthError("invalid_options", `The handlers in chain("${scheme}", …) must all have the same opens`);
  }
}
