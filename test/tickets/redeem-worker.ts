// One of several processes on one SQLite file: redeems what `ticket-races.ts` hands it, and says what came out.

import { createAuth } from "../../src/engine/auth.js";
import type { Handler } from "../../src/handlers/handler.js";
import { keyFile } from "../../src/keys/key-file.js";
import type { AuthEvent } from "../../src/model/events.js";
import { sqlite } from "../../src/stores/sqlite/sqlite.js";

export interface RedeemReport {
  readonly outcomes: readonly string[];
  /** Tickets told as misused. */
  readonly alarms: number;
}

const [path = "", keys = ""] = process.argv.slice(2);
const nobody: Handler = { scheme: "Key", opens: "session", fromHeader: () => ({ kind: "declined" }) };
let alarms = 0;
const auth = createAuth({
  handlers: [nobody],
  store: sqlite(path, { busyMs: 30_000 }),
  keys: keyFile(keys),
  storeTimeoutMs: 30_000,
  onEvent: (event: AuthEvent) => {
    if (event.kind === "ticket-misused") alarms++;
  },
});
const atOnce = 16;

process.on("message", async (tickets: readonly string[]) => {
  alarms = 0;
  const outcomes: string[] = [];
  for (let start = 0; start < tickets.length; start += atOnce) {
    const batch = tickets.slice(start, start + atOnce);
    const redeemed = await Promise.all(batch.map((ticket) => auth.tickets.redeem(ticket, "reports")));
    outcomes.push(...redeemed.map((one) => (one.kind === "redeemed" ? one.identity.subject : one.reason)));
  }
  process.send?.({ outcomes, alarms } satisfies RedeemReport);
});
process.on("disconnect", () => auth.close());
process.send?.("ready");
