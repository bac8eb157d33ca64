import type { Platform } from "../../base/platform.js";
import { toSource } from "../../credentials/source.js";
import type { Exchange, Forwarder } from "./exchange.js";
import { notSent } from "./not-sent.js";
import { chooseUnread, type HeldStream, type WatchedStream } from "./unread.js";

/** The exchanges that wait for one upstream, and the clients that hold its places. */
export interface Shares {
  /**
   * Sends an exchange when there is a place for it.
   *
   * @param client the address of the client; `undefined`: behind a trusted proxy that names none, so that it stands for
   *   many and has no limit
   */
  send(exchange: Exchange, client: string | undefined): void;
  /** How many places are taken. */
  readonly used: number;
  readonly places: number;
  /**
   * Watches a stream that holds a place: it ends when its caller does not read while others wait, see `chooseUnread`.
   *
   * @param client as given to `send`
   * @returns ends the watch: to be called when the stream is over
   */
  watch(stream: WatchedStream, client: string | undefined): () => void;
  /** How many wait. */
  readonly waiting: number;
}

/** A client that holds places, or waits for one. */
interface Source {
  /** It has no limit, and never waits for those that hold less. */
  readonly isShared: boolean;
  held: number;
  readonly queue: Set<Waiter>;
  /** Takes back one place: made once, so that no exchange needs a closure. */
  readonly free: () => void;
}

/** An exchange that waits for a place. */
interface Waiter {
  readonly exchange: Exchange;
  readonly source: Source;
  /** Ends the time that it may wait. */
  cancel(): void;
}

/** How often the streams are looked at while exchanges wait, in milliseconds. */
const lookMs = 500;

/**
 * So many times the places may wait of one client, 1,024 at least: a client with many connections must not fill the memory
 * with what waits. There is no bound for all clients together, which one of them could use up for the others.
 */
const waitersPerPlace = 16;
const fewestWaiters = 1_024;

/** Sources that hold nothing are kept, up to this number, for their next request. */
const maxSources = 4_096;

/**
 * Shares the places of an upstream among its clients: no client takes more of it than its share.
 *
 * When exchanges wait, the next free place goes to the client that holds fewest. While none waits, a client may hold all
 * places but an eighth: the first exchange of another then finds one at once.
 *
 * @param waitMs the longest wait for a place, milliseconds
 */
export function createShares(forwarder: Forwarder, waitMs: number, platform: Platform): Shares {
  const sources = new Map<string, Source>();
  /** Those that wait, by the places that they hold. */
  const waiting: Set<Source>[] = [];
  let used = 0;
  let waiters = 0;
  const shared = createSource(true);
  const streams = new Set<HeldStream<Source>>();
  let isLooking = false;

  function createSource(isShared: boolean): Source {
    const source: Source = { isShared, held: 0, queue: new Set(), free: () => take(source) };
    return source;
  }

  function sourceOf(client: string | undefined): Source {
    if (client === undefined) return shared;
    let source = sources.get(client);
    if (source !== undefined) return source;
    // All addresses of a /64 of IPv6 are one client's.
    const key = client.includes(":") ? (toSource(client) ?? client) : client;
    source = sources.get(key) ?? createSource(false);
    if (sources.size >= maxSources) forgetIdle();
    sources.set(key, source);
    return source;
  }

  function forgetIdle(): void {
    for (const [key, { held, queue }] of sources) if (held === 0 && queue.size === 0) sources.delete(key);
  }

  const mostOf = ({ isShared }: Source): number => {
    const { places } = forwarder;
    return isShared ? places : Math.max(1, places - Math.ceil(places / 8));
  };
  const mayTake = (source: Source): boolean => source.held < mostOf(source);
  const rankOf = ({ isShared, held }: Source): number => (isShared ? 0 : held);

  function grant(source: Source, exchange: Exchange): void {
    used += 1;
    source.held += 1;
    forwarder.send(exchange, source.free);
  }

  function take(source: Source): void {
    used -= 1;
    unlist(source);
    source.held -= 1;
    enlist(source);
    while (waiters > 0 && used < forwarder.places) {
      const next = fewest();
      const [waiter] = next?.queue ?? [];
      if (next === undefined || waiter === undefined) return;
      leave(waiter);
      unlist(next);
      grant(next, waiter.exchange);
      enlist(next);
    }
  }

  /** Finds the client that holds fewest among those that wait and may have more. */
  function fewest(): Source | undefined {
    for (const rank of waiting) {
      for (const source of rank) {
        if (mayTake(source)) return source;
        break;
      }
    }
    return undefined;
  }

  function enlist(source: Source): void {
    if (source.queue.size === 0) return;
    const at = rankOf(source);
    while (waiting.length <= at) waiting.push(new Set());
    waiting[at]?.add(source);
  }

  function unlist(source: Source): void {
    if (source.queue.size > 0) waiting[rankOf(source)]?.delete(source);
  }

  function leave(waiter: Waiter): void {
    const { source } = waiter;
    if (!source.queue.delete(waiter)) return;
    waiters -= 1;
    waiter.cancel();
    if (source.queue.size === 0) waiting[rankOf(source)]?.delete(source);
  }

  /** Looks for streams that are not read, while exchanges wait. */
  function lookLater(): void {
    if (isLooking || waiters === 0 || streams.size === 0) return;
    isLooking = true;
    platform.delay(lookMs, () => {
      isLooking = false;
      const sorted = waiting.flatMap((rank) => [...rank]);
      for (const { stream } of chooseUnread(streams, sorted, { rankOf, mayTake })) stream.end();
      lookLater();
    });
  }

  return {
    get used() {
      return used;
    },
    get places() {
      return forwarder.places;
    },
    get waiting() {
      return waiters;
    },
    watch(stream, client) {
      const held = { stream, client: sourceOf(client) };
      streams.add(held);
      lookLater();
      return () => void streams.delete(held);
    },
    send(exchange, client) {
      const source = sourceOf(client);
      if (used < forwarder.places && mayTake(source)) {
        grant(source, exchange);
        return;
      }
      if (!source.isShared && source.queue.size >= Math.max(fewestWaiters, waitersPerPlace * forwarder.places)) {
        exchange.attach(notSent(() => {}));
        const detail = `${source.queue.size} requests of this client wait for the upstream already`;
        exchange.fail({ reason: "upstream_unavailable", code: "too_many_waiting", detail });
        return;
      }
      const cancel = platform.delay(waitMs, () => {
        leave(waiter);
        const detail = `no connection to the upstream became free within ${waitMs} ms (maxConnections)`;
        exchange.fail({ reason: "upstream_unavailable", code: "no_free_connection", detail });
      });
      const waiter: Waiter = { exchange, source, cancel };
      exchange.attach(notSent(() => leave(waiter)));
      waiters += 1;
      source.queue.add(waiter);
      enlist(source);
      lookLater();
    },
  };
}
