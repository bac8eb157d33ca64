import { test } from "node:test";
import { sized } from "../size.js";
import { raceTickets } from "./ticket-races.js";

test("8 processes, three redeemers for each of many tickets: one winner each, and every loser alarmed", async (context) => {
  const { seed } = await raceTickets(sized(300, 1_000));
  context.diagnostic(`seed ${seed}`);
});
