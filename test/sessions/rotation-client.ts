import type { SessionRules } from "../../src/model/session.js";
import type { SessionRow } from "../../src/model/store.js";
import type { Presented } from "../../src/sessions/rotation.js";
import type { Rule } from "./rotation-judge.js";
import { rowWith, start, tokenOf } from "./rotation-row.js";

/**
 * One thing that happens, `wait` milliseconds after the one before; `pick` chooses among what is under way.
 * `call` is a request that arrives at once, and whose answer is read at once.
 */
export interface Happening {
  readonly wait: number;
  readonly what: "call" | "send" | "deliver" | "repeat" | "look" | "read" | "drop" | "lose";
  readonly pick: number;
}

/**
 * An honest client of any number of workers to the exact millisecond: requests are late by less than
 * `overlapMs + stragglerMs`, repeated, reordered or lost, answers too, and the store loses its last write. Returns
 * what went wrong for the client, or how far it got.
 */
export function liveThrough(
  rules: SessionRules,
  ref: string,
  happenings: readonly Happening[],
  rule: Rule,
): { readonly wrong?: string; readonly generation: number } {
  const patience = rules.overlapMs + rules.stragglerMs;
  let now = start;
  let row: SessionRow = rowWith({ rules, ref, confirmedAt: null, previousConfirmedAt: null, createdAt: start });
  let before: SessionRow | undefined;
  let held = tokenOf(row.generation, row.issuedAt);
  const requests: { readonly token: Presented; readonly sentAt: number }[] = [];
  const answers: Presented[] = [];

  for (const { wait, what, pick } of happenings) {
    now += wait;
    if (what === "send") requests.push({ token: held, sentAt: now });
    if (what === "lose" && before !== undefined) [row, before] = [before, undefined];
    if (what === "drop") requests.splice(pick % (requests.length + 1), 1);
    if (what === "read") {
      const [token] = answers.splice(pick % (answers.length + 1), 1);
      if (token !== undefined && token.generation > held.generation) held = token;
    }
    if (what !== "call" && what !== "deliver" && what !== "repeat" && what !== "look") continue;
    const at = pick % (requests.length + 1);
    const request = what === "call" ? { token: held, sentAt: now } : requests[at];
    if (request === undefined) continue;
    if (what === "deliver" || what === "look") requests.splice(at, 1);
    if (now - request.sentAt >= patience) continue;
    const outcome = rule(row, request.token, now, 1, what !== "look");
    if (outcome.kind === "refuse") {
      if (outcome.code !== "superseded") return { wrong: outcome.code, generation: row.generation };
      if (held.generation <= request.token.generation) return { wrong: "locked out", generation: row.generation };
      continue;
    }
    if (outcome.change !== undefined) {
      before = row;
      row = { ...row, ...outcome.change };
    }
    if (!outcome.give) continue;
    const given = tokenOf(row.generation, row.issuedAt, row.keyId);
    if (what !== "call") answers.push(given);
    else if (given.generation > held.generation) held = given;
  }
  return { generation: row.generation };
}
