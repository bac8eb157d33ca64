// One of several processes on one SQLite file: does what `races.ts` tells it, 16 times at once, and says what came out.

import type { NewSession, SessionCaps, Store } from "../../src/model/store.js";
import { judgePresentation } from "../../src/sessions/rotation.js";
import { sqlite } from "../../src/stores/sqlite/sqlite.js";

export type RaceOrder =
  | { readonly kind: "turn"; readonly ref: string; readonly issuedAt: number }
  | { readonly kind: "open"; readonly session: NewSession; readonly caps: SessionCaps }
  | { readonly kind: "end"; readonly ref: string }
  | { readonly kind: "disable"; readonly session: NewSession; readonly caps: SessionCaps; readonly ends: boolean }
  | { readonly kind: "put"; readonly id: string }
  | { readonly kind: "take"; readonly id: string };

/** What one of the 16 got, as text; equal texts mean the same outcome. */
export interface RaceReport {
  readonly outcomes: readonly string[];
  /** Swaps that lost against another presenter. */
  readonly lost: number;
}

const crowd = 16;
const [path = "", name = ""] = process.argv.slice(2);
const store = sqlite(path);
let lost = 0;

/** As the session manager does: load, judge, swap, and again when somebody else was faster. */
async function presentToken(store: Store, ref: string, issuedAt: number): Promise<string> {
  for (let tries = 0; tries < 8; tries++) {
    const reading = await store.loadSession(ref);
    if (reading === undefined) return "no session";
    const token = { generation: 1, issuedAt: Math.floor(issuedAt / 1000), keyId: 1 };
    const outcome = judgePresentation(reading.row, token, reading.now, 1, true);
    const after = outcome.change === undefined ? reading : await store.swapSession(reading, outcome.change, false);
    if (after === undefined) {
      lost += 1;
      continue;
    }
    if (outcome.kind !== "accept") return outcome.code;
    return outcome.give ? `given ${after.row.generation} ${after.row.issuedAt} ${after.row.keyId}` : "kept";
  }
  return "gave up";
}

async function act(order: RaceOrder, index: number): Promise<string> {
  switch (order.kind) {
    case "turn":
      return presentToken(store, order.ref, order.issuedAt);
    case "open": {
      const session = { ...order.session, ref: `${order.session.ref}-${name}-${index}` };
      return (await store.openSession(session, order.caps, true)).row.revokedReason ?? "open";
    }
    case "disable": {
      if (order.ends && index === crowd / 2)
        return String(await store.endSubject(order.session.subject, "disabled", "example"));
      const session = { ...order.session, ref: `${order.session.ref}-${name}-${index}` };
      return (await store.openSession(session, order.caps, false)).row.ref;
    }
    case "end":
      return String(await store.endSession(order.ref, name));
    case "put":
      return String(await store.put("ticket", order.id, `${name}-${index}`, 60_000));
    case "take":
      return (await store.take("ticket", order.id)) ?? "nothing";
  }
}

process.on("message", async (order: RaceOrder) => {
  lost = 0;
  const outcomes = await Promise.all(
    Array.from({ length: crowd }, (_, index) => act(order, index).catch((error) => `failed: ${error}`)),
  );
  process.send?.({ outcomes, lost } satisfies RaceReport);
});
process.on("disconnect", () => store.close());
process.send?.("ready");
