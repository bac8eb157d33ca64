import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { sized } from "../size.js";
import { type Races, raceDisable, raceEnds, raceOpens, raceProofs, raceTurns, startRaces } from "./races.js";

const rounds = sized(100, 1_000);

describe("64 callers in 4 processes on one SQLite file", () => {
  let races: Races;
  before(async () => {
    races = await startRaces();
  });
  after(() => races.close());

  test("one presenter of a due token is given a successor, and all cause one write, in many rounds", async (context) => {
    const lost = await raceTurns(races, rounds);
    context.diagnostic(`${lost} swaps lost against another presenter`);
    assert.ok(lost > rounds, "the presenters did not race");
  });

  test("log-ins never exceed the cap", () => raceOpens(races, 10));
  test("one end of a session reports it", () => raceEnds(races, 20));
  test("no log-in escapes the end of its subject", () => raceDisable(races, 20));
  test("a proof is made once and taken once", () => raceProofs(races, 20));
});
