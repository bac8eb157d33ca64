import { test } from "node:test";
import { raceTickets } from "./ticket-races.js";

test("8 processes, three redeemers for each of 1,000 tickets: one winner each, and every loser alarmed", async (context) => {
  const { seed } = await raceTickets(1_000);
  context.diagnostic(`seed ${seed}`);
});
