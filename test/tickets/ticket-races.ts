import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createAuth } from "../../src/engine/auth.js";
import type { Handler } from "../../src/handlers/handler.js";
import { keyFile } from "../../src/keys/key-file.js";
import { sqlite } from "../../src/stores/sqlite/sqlite.js";
import { createRandom } from "../../src/testing/random.js";
import type { RedeemReport } from "./redeem-worker.js";

const processes = 8;
const redeemers = 3;
const batch = 500;

/**
 * `count` tickets on one SQLite file, each handed to three of eight processes at once: as many winners as tickets, and an
 * alarm for every loser.
 */
export async function raceTickets(count: number, seed?: number): Promise<{ readonly seed: number }> {
  const random = createRandom(seed);
  const folder = mkdtempSync(join(tmpdir(), "sallyport-"));
  const path = join(folder, "sessions.db");
  const keys = join(folder, "keys.json");
  const handler: Handler = {
    scheme: "Key",
    opens: "session",
    fromHandshake: (payload) => ({ kind: "accepted", identity: { subject: new TextDecoder().decode(payload) } }),
  };
  const store = sqlite(path, { busyMs: 30_000 });
  const auth = createAuth({
    handlers: [handler],
    store,
    keys: keyFile(keys, { create: true }),
    storeTimeoutMs: 30_000,
  });
  const worker = fileURLToPath(new URL("./redeem-worker.js", import.meta.url));
  const children = Array.from({ length: processes }, () => fork(worker, [path, keys]));
  try {
    await Promise.all(children.map((child) => once(child, "message")));
    let winners = 0;
    let alarms = 0;
    for (let done = 0; done < count; done += batch) {
      // An account of each batch: the redeemers are elsewhere, so here its tickets wait until they expire.
      const subject = `user ${done}`;
      const proof = { scheme: "key", payload: new TextEncoder().encode(subject) };
      const opened = await auth.logIn(proof, {
        peer: { address: "", trusted: false },
        target: { method: "POST", path: "/" },
      });
      assert.ok(opened.kind === "opened");
      const piles = children.map((): string[] => []);
      for (let index = 0; index < Math.min(batch, count - done); index++) {
        const issued = await auth.tickets.issue(opened.caller, { service: "reports", lifeMs: 300_000 });
        assert.ok(issued.kind === "issued");
        const first = random.int(processes);
        for (let other = 0; other < redeemers; other++) piles[(first + other) % processes]?.push(issued.ticket);
      }
      const reports = await Promise.all(
        children.map(async (child, index) => {
          const answer = once(child, "message");
          child.send(piles[index] ?? []);
          const [report] = (await answer) as [RedeemReport];
          return report;
        }),
      );
      const outcomes = reports.flatMap((report) => report.outcomes);
      assert.deepEqual(new Set(outcomes), new Set([subject, "used"]), `seed ${random.seed}`);
      winners += outcomes.filter((outcome) => outcome === subject).length;
      alarms += reports.reduce((sum, report) => sum + report.alarms, 0);
    }
    assert.equal(winners, count, `seed ${random.seed}`);
    assert.equal(alarms, count * (redeemers - 1), `seed ${random.seed}`);
  } finally {
    for (const child of children) child.disconnect();
    await Promise.all(children.map((child) => child.exitCode ?? once(child, "exit")));
    await auth.close();
    rmSync(folder, { recursive: true });
  }
  return { seed: random.seed };
}
