import { test } from "node:test";
import { raceTickets } from "./ticket-races.js";

test("8 processes, three redeemers for each of 10,000 tickets: one winner each, and every loser alarmed", async (context) => {
  const { seed } = await raceTickets(10_000);
  context.diagnostic(`seed ${seed}`);
});
