import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { NewSession, SessionRow, Store } from "../../src/model/store.js";
import { sqlite } from "../../src/stores/sqlite/sqlite.js";
import type { RaceOrder, RaceReport } from "./race-worker.js";

const processes = 4;
const wide = { claimed: 1_000, unclaimed: 1_000 };

/** Four processes of sixteen callers each, on one SQLite file which `store` is another handle of. */
export interface Races {
  readonly store: Store;
  /** A race of 64: all outcomes, and how many swaps lost. */
  run(order: (index: number) => RaceOrder): Promise<RaceReport>;
  close(): Promise<void>;
}

export async function startRaces(): Promise<Races> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-"));
  const path = join(folder, "sessions.db");
  const worker = fileURLToPath(new URL("./race-worker.js", import.meta.url));
  // All open the file at once, before there is one: that is a race too.
  const children = Array.from({ length: processes }, (_, index) => fork(worker, [path, `p${index}`]));
  const store = sqlite(path);
  await Promise.all(children.map((child) => once(child, "message")));
  return {
    store,
    async run(order) {
      const reports = await Promise.all(
        children.map(async (child, index) => {
          const answer = once(child, "message");
          child.send(order(index));
          const [report] = (await answer) as [RaceReport];
          return report;
        }),
      );
      return {
        outcomes: reports.flatMap(({ outcomes }) => outcomes),
        lost: reports.reduce((sum, { lost }) => sum + lost, 0),
      };
    },
    async close() {
      for (const child of children) child.disconnect();
      await Promise.all(children.map((child) => child.exitCode ?? once(child, "exit")));
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function newSession(ref: string, subject = "ada"): NewSession {
  const identity = JSON.stringify({ subject });
  const rules = {
    policy: "confirm-then-cut",
    rotateAfterMs: 60_000,
    overlapMs: 5_000,
    stragglerMs: 45_000,
    lifetimeMs: 120_000,
    idleMs: 3_600_000,
    absoluteMs: 36_000_000,
    unclaimedMs: 3_600_000,
  } as const;
  return { ref, realm: "example", subject, actor: null, identity, scheme: "basic", rules, keyId: 1, claimed: true };
}

async function mustLoad(store: Store, ref: string): Promise<SessionRow> {
  const reading = await store.loadSession(ref);
  assert.ok(reading, `${ref} is gone`);
  return reading.row;
}

/** @returns how many swaps lost: without any there was no race. */
export async function raceTurns({ store, run }: Races, rounds: number): Promise<number> {
  let lost = 0;
  for (let round = 0; round < rounds; round++) {
    const ref = `turn${round}`;
    const opened = await store.openSession(newSession(ref, `subject${round}`), wide, false);
    const issuedAt = opened.now - 100_000;
    const due = await store.swapSession(opened, { issuedAt, confirmedAt: opened.now - 90_000 }, false);
    assert.ok(due);
    const report = await run(() => ({ kind: "turn", ref, issuedAt }));
    const row = await mustLoad(store, ref);
    assert.equal(row.version, due.row.version + 1, `round ${round}: more than one write`);
    assert.equal(row.generation, 2);
    const given = report.outcomes.filter((said) => said !== "kept");
    assert.deepEqual(given, [`given 2 ${row.issuedAt} 1`], `round ${round}`);
    lost += report.lost;
  }
  return lost;
}

export async function raceOpens({ store, run }: Races, rounds: number): Promise<void> {
  const caps = { claimed: 5, unclaimed: 5 };
  for (let round = 0; round < rounds; round++) {
    const subject = `open${round}`;
    const report = await run(() => ({ kind: "open", session: newSession(subject, subject), caps }));
    assert.deepEqual(new Set(report.outcomes), new Set(["open"]));
    assert.equal((await store.listSessions({ realm: "example", subject, limit: 100 })).length, caps.claimed);
  }
}

export async function raceEnds({ store, run }: Races, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const { row } = await store.openSession(newSession(`end${round}`, `end${round}`), wide, false);
    const { outcomes } = await run(() => ({ kind: "end", ref: row.ref }));
    assert.deepEqual([outcomes.filter((said) => said === "true").length, new Set(outcomes).size], [1, 2]);
    assert.equal((await mustLoad(store, row.ref)).version, row.version + 1);
  }
}

/** A subject is disabled by one process while all of them log it in: nobody escapes. */
export async function raceDisable({ store, run }: Races, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const subject = `disable${round}`;
    const session = { ...newSession(subject, subject), loginMs: 60_000 };
    const { outcomes } = await run((index) => ({ kind: "disable", session, caps: wide, ends: index === round % 4 }));
    const refs = outcomes.filter((said) => said !== "undefined");
    assert.equal(refs.length, outcomes.length - 1);
    for (const ref of refs) assert.equal((await mustLoad(store, ref)).revokedReason, "disabled");
  }
}

export async function raceProofs({ run }: Races, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const id = `proof${round}`;
    const put = await run(() => ({ kind: "put", id }));
    assert.equal(put.outcomes.filter((said) => said === "true").length, 1);
    const take = await run(() => ({ kind: "take", id }));
    assert.equal(take.outcomes.filter((said) => said !== "nothing").length, 1);
  }
}
