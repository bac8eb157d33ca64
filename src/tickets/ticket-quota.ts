import type { Platform } from "../base/platform.js";

/**
 * Bounds what the store keeps of tickets that were issued in this process and that may still be redeemed. At a bound no
 * further ticket is issued: an older one is never dropped, since a service may be about to redeem it.
 */
export interface TicketQuota {
  /**
   * Takes room for a ticket until it expires.
   *
   * @param id the name of the ticket in the store
   * @param owner the account that logged in: all its sessions have one budget, so that log-ins add nothing
   * @param length of what the store keeps, in characters
   * @returns `false` when the owner, or all owners together, have no room left
   */
  take(id: string, owner: string, length: number, lifeMs: number): boolean;
  /** Gives the room of a ticket back: it was consumed. */
  give(id: string): void;
}

/** How much the store may keep, in characters. */
export interface TicketQuotaRule {
  readonly ofOwner: number;
  readonly ofAll: number;
}

/** 4,096 tickets of one account and 131,072 of all; with the largest identities to operate as, 32 and 1,024. */
export const ticketQuota: TicketQuotaRule = { ofOwner: 2 ** 21, ofAll: 2 ** 26 };

/** What a ticket counts at least: its row, its index, and what this process keeps of it. */
const leastLength = 512;

/** Tickets are forgotten by the step in which they expire. The longest life has 60 steps. */
const stepMs = 5_000;

interface Held {
  readonly owner: string;
  readonly length: number;
  readonly step: number;
}

export function createTicketQuota(platform: Platform, rule: TicketQuotaRule = ticketQuota): TicketQuota {
  const tickets = new Map<string, Held>();
  const steps = new Map<number, Set<string>>();
  const owners = new Map<string, number>();
  let all = 0;

  function add(owner: string, length: number): void {
    all += length;
    const next = (owners.get(owner) ?? 0) + length;
    if (next > 0) owners.set(owner, next);
    else owners.delete(owner);
  }

  function give(id: string): void {
    const held = tickets.get(id);
    if (held === undefined) return;
    tickets.delete(id);
    steps.get(held.step)?.delete(id);
    add(held.owner, -held.length);
  }

  function forgetExpired(now: number): void {
    for (const [step, ids] of steps) {
      if (step * stepMs > now) continue;
      for (const id of ids) give(id);
      steps.delete(step);
    }
  }

  return {
    take(id, owner, textLength, lifeMs) {
      const now = platform.monotonic();
      forgetExpired(now);
      const length = Math.max(leastLength, textLength);
      if (all + length > rule.ofAll || (owners.get(owner) ?? 0) + length > rule.ofOwner) return false;
      const step = Math.ceil((now + lifeMs) / stepMs);
      const ids = steps.get(step) ?? new Set<string>();
      steps.set(step, ids.add(id));
      tickets.set(id, { owner, length, step });
      add(owner, length);
      return true;
    },
    give,
  };
}
