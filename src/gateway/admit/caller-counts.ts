import type { Platform } from "../../base/platform.js";
import { toSource } from "../../credentials/source.js";
import type { Caller } from "../../model/session.js";

/** What one caller has done on a route. */
export class CallerCount {
  /** When its bucket of requests is full again, by the monotonic clock; see `takeRequest`. */
  fullAt = 0;
  /** Its requests that are under way. */
  underWay = 0;
}

/** The counts of the callers of one route, in the memory of this process. */
export interface CallerCounts {
  /**
   * Returns the count of a caller: by subject, and by the actor who operates as it.
   *
   * @param client the address by which an anonymous request is counted; `undefined`: behind a trusted proxy that names none.
   *   Those are counted together, or a client without a name would have no limit
   */
  of(caller: Caller | undefined, client: string | undefined): CallerCount;
}

/** Of each kind of caller: some 10 MB. */
const mostCounts = 65_536;

/** What is beyond shares these: a power of two. */
const sharedCounts = 1_024;

/** So many counts are looked at for each new one: more than one, so that those that say nothing become fewer. */
const looksPerCount = 4;

/** Makes the counts of a route. */
export function createCallerCounts(platform: Platform): CallerCounts {
  // Apart, so that neither clients without credentials nor actors can fill the counts of the others.
  const [subjects, operators, addresses] = [new Table(platform), new Table(platform), new Table(platform)];
  return {
    of(caller, client = "") {
      if (caller === undefined) {
        // All addresses of a /64 of IPv6 are one client's.
        return addresses.of(client.includes(":") ? (toSource(client) ?? client) : client);
      }
      const { identity, actor } = caller;
      if (actor === undefined) return subjects.of(identity.subject);
      return operators.of(JSON.stringify([actor.subject, identity.subject]));
    },
  };
}

/**
 * Counts by key, within bounds. A count is forgotten only when it says nothing: its bucket is full and none of its requests
 * is under way. When the table is full of others, a further key shares a count: an attacker with many addresses can make no
 * count forgotten, and gets none of its own for each.
 */
class Table {
  readonly #platform: Platform;
  readonly #counts = new Map<string, CallerCount>();
  #hand: Iterator<[string, CallerCount]> = this.#counts.entries();
  #shared: readonly CallerCount[] = [];
  #seed = 0;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  of(key: string): CallerCount {
    const known = this.#counts.get(key);
    if (known !== undefined) return known;
    this.#forgetIdle();
    if (this.#counts.size >= mostCounts) return this.#sharedOf(key);
    const made = new CallerCount();
    this.#counts.set(key, made);
    return made;
  }

  #forgetIdle(): void {
    const now = this.#platform.monotonic();
    for (let looks = 0; looks < looksPerCount; looks++) {
      const { value, done } = this.#hand.next();
      if (done === true) {
        this.#hand = this.#counts.entries();
        return;
      }
      const [key, count] = value;
      if (count.underWay === 0 && count.fullAt <= now) this.#counts.delete(key);
    }
  }

  /** By a hash with a seed of this process: an attacker cannot choose whose count it shares. */
  #sharedOf(key: string): CallerCount {
    if (this.#shared.length === 0) {
      this.#shared = Array.from({ length: sharedCounts }, () => new CallerCount());
      this.#seed = Buffer.from(this.#platform.random(4)).readUInt32LE();
    }
    let hash = this.#seed;
    for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
    return this.#shared[(hash ^ (hash >>> 16)) & (sharedCounts - 1)] as CallerCount;
  }
}
