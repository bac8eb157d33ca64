import type { Failure } from "./exchange.js";

/** A stream or WebSocket that holds a place at an upstream. */
export interface WatchedStream {
  /** How long its caller has taken nothing of what is ready for it, in milliseconds. */
  unreadMs(): number;
  /** Ends it, so that its place becomes free. */
  end(): void;
}

/** A client that holds places, or waits for one. */
interface Client {
  readonly held: number;
}

/** It, and the client whose place it holds. */
export interface HeldStream<C extends Client> {
  readonly stream: WatchedStream;
  readonly client: C;
}

/** What the shares of an upstream say of a client. */
export interface Claims<C extends Client> {
  /** Among those that wait, the one that comes first has the lowest. */
  rankOf(client: C): number;
  /** Whether it may hold one place more. */
  mayTake(client: C): boolean;
}

/**
 * How long a caller may take nothing while others wait for its place, in milliseconds. A caller that reads has taken
 * something within that time: over HTTP/1 a kernel with 4 MiB of buffers tells of it when 1.4 MB are free again, so that one
 * that reads 140 kB a second is never mistaken; HTTP/2 has its windows, and tells of 32 KiB.
 */
export const shortestReadMs = 10_000;

/** What the log says of an answer that ends so. */
export const unread: Failure = Object.freeze({
  reason: "upstream_timeout",
  code: "caller_not_reading",
  detail: `the caller had taken nothing of its stream for ${shortestReadMs} ms, and others waited for its place (maxConnections)`,
});

/**
 * Chooses the streams that end so that clients which wait get their places: those whose callers have taken nothing for
 * `shortestReadMs`, the longest time first, and one at most for each client that waits. A stream gives way to its own
 * client, and to one that holds fewer places than its own: a client that asks for much takes nothing from those with less.
 *
 * @param waiting in the order of their ranks
 */
export function chooseUnread<C extends Client>(
  streams: Iterable<HeldStream<C>>,
  waiting: Iterable<C>,
  { rankOf, mayTake }: Claims<C>,
): ReadonlySet<HeldStream<C>> {
  const chosen = new Set<HeldStream<C>>();
  const late = [...streams]
    .map((held) => ({ held, ms: held.stream.unreadMs() }))
    .filter(({ ms }) => ms >= shortestReadMs)
    .sort((one, other) => other.ms - one.ms)
    .map(({ held }) => held);
  if (late.length === 0) return chosen;
  const ownOf = new Map<C, HeldStream<C>[]>();
  for (const held of late) {
    const own = ownOf.get(held.client);
    if (own === undefined) ownOf.set(held.client, [held]);
    else own.push(held);
  }
  const left = new Map<C, number>();
  const leftOf = (client: C): number => left.get(client) ?? client.held;
  let at = 0;
  for (const client of waiting) {
    const gives = (held: HeldStream<C>): boolean => !chosen.has(held) && leftOf(held.client) > rankOf(client);
    // What does not give way to a client gives way to none behind it.
    if (mayTake(client)) while (at < late.length && !gives(late[at] as HeldStream<C>)) at += 1;
    const held = (mayTake(client) ? late[at] : undefined) ?? ownOf.get(client)?.find((own) => !chosen.has(own));
    if (held === undefined) continue;
    chosen.add(held);
    left.set(held.client, leftOf(held.client) - 1);
  }
  return chosen;
}
