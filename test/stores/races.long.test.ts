import { after, before, describe, test } from "node:test";
import { type Races, raceDisable, raceEnds, raceOpens, raceProofs, raceTurns, startRaces } from "./races.js";

describe("64 callers in 4 processes on one SQLite file, many rounds", () => {
  let races: Races;
  before(async () => {
    races = await startRaces();
  });
  after(() => races.close());

  test("one presenter of a due token is given a successor, and all cause one write, 10,000 rounds", async (context) => {
    context.diagnostic(`${await raceTurns(races, 10_000)} swaps lost against another presenter`);
  });
  test("log-ins never exceed the cap, 1,000 rounds", () => raceOpens(races, 1_000));
  test("one end of a session reports it, 1,000 rounds", () => raceEnds(races, 1_000));
  test("no log-in escapes the end of its subject, 1,000 rounds", () => raceDisable(races, 1_000));
  test("a proof is made once and taken once, 1,000 rounds", () => raceProofs(races, 1_000));
});
