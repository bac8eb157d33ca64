import { overlappingRules, rowWith, start, tokenOf } from "./rotation-row.js";
import {
  accept,
  confirmAt,
  due,
  endOfSecond,
  expired,
  give,
  healTo,
  newKey,
  signing,
  table,
  turnAt,
} from "./rotation-table.js";

const confirmed = start + 100;
const jar = rowWith({ rules: overlappingRules });
const jarUnconfirmed = rowWith({ rules: overlappingRules, confirmedAt: null });
const lifeOver = Math.floor(start / 1000) * 1000 + overlappingRules.lifetimeMs;

table("the policy `overlapping`", [
  { name: "confirms the current token", row: jarUnconfirmed, now: start + 5, is: confirmAt(start + 5) },
  { name: "accepts the current token until it is due", row: jar, now: due - 1, is: accept },
  { name: "turns the current token when it is due", row: jar, now: due, is: turnAt(due, jar) },
  {
    name: "turns without a confirmation",
    row: jarUnconfirmed,
    now: due,
    is: turnAt(due, { ...jarUnconfirmed, confirmedAt: due }),
  },
  {
    name: "claims the session with the turn",
    row: rowWith({ rules: { ...overlappingRules, unclaimedMs: 60_000 }, generation: 1, claimed: false }),
    token: tokenOf(1),
    now: due + 2_000,
    is: {
      kind: "accept",
      give: true,
      event: "turned",
      change: {
        generation: 2,
        issuedAt: due + 2_000,
        keyId: signing,
        confirmedAt: null,
        previousConfirmedAt: confirmed,
        claimed: true,
      },
    },
  },
  { name: "does not turn for a look", row: jar, now: due, rotate: false, is: accept },
  { name: "answers an older generation with the current token", row: jar, token: tokenOf(1), now: start, is: give },
  { name: "answers a look with nothing", row: jar, token: tokenOf(1), now: start, rotate: false, is: accept },
  {
    name: "an older generation is good one millisecond before its lifetime ends",
    row: jar,
    token: tokenOf(2),
    now: lifeOver - 1,
    is: { ...give, change: { touchedAt: lifeOver - 1 } },
  },
  {
    name: "an older generation is expired, never reuse, at its end",
    row: jar,
    token: tokenOf(2),
    now: lifeOver,
    is: expired,
  },
  { name: "the current one is expired at its end as well", row: jar, now: lifeOver, is: expired },
  {
    name: "heals a lost write",
    row: jar,
    token: newKey,
    now: start + 15_000,
    is: healTo(4, endOfSecond, start + 15_000, confirmed),
  },
]);
