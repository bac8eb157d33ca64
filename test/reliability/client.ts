import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "../simulation/random.js";
import type { Ledger } from "./ledger.js";
import { type Call, generationOf, sessionOf } from "./records.js";

/** What a client needs of the run. */
export interface ClientContext {
  /** The relay. */
  readonly origin: string;
  readonly ledger: Ledger;
  readonly random: Random;
  readonly absoluteMs: number;
  /** How long a client stays logged in. */
  readonly stayMs: number;
  /** How late a request may come, from when it was composed: a little less than the rules bear. */
  readonly lateMs: number;
  /** An account that no other client has. */
  takeAccount(): string;
  isOver(): boolean;
}

/** The one password. */
export const password = "correct horse battery";

/** Holds back a request that is composed, now and then, as a browser does that is busy with others. */
export async function mayWait({ random, lateMs, isOver }: ClientContext): Promise<void> {
  if (random.chance(0.04) && !isOver()) await delay(random.between(lateMs / 4, lateMs));
}

/** A client of some kind: logs in, makes calls with several workers, logs out, and begins anew, until the run is over. */
export type RunClient = (name: string, context: ClientContext) => Promise<void>;

/** A connection to the gateways that does one call at a time or several; it ends with the session. */
export interface Wire {
  /** Logs in by password. */
  logIn(account: string, call: Call): Promise<void>;
  /** Makes some call with a token. */
  call(call: Call): Promise<void>;
  logOut(call: Call): Promise<void>;
  close(): void;
}

/** Of a call that was let in, and cut with its session. The next call tells what became of that. */
export const endedUnderWay = "ended under way";

/** Pauses of a worker, and before a call is tried again. */
const pauseMs = 120;
const againMs = 300;

/** Follows the five rules of `docs/tokens-and-rotation.md` by hand: nothing of the project's own client is in here. */
export async function followByHand(
  name: string,
  workers: number,
  context: ClientContext,
  open: () => Wire,
): Promise<void> {
  const { ledger, random, takeAccount, isOver, stayMs } = context;
  let account = takeAccount();

  /** Returns the first token, or `undefined` when the account is refused. */
  async function logIn(wire: Wire): Promise<string | undefined> {
    while (!isOver()) {
      const call = ledger.begin(`${name} log-in`, account);
      await wire.logIn(account, call);
      if (call.outcome?.kind === "let in" && call.outcome.token !== undefined) return call.outcome.token;
      if (call.outcome?.kind === "refused") return undefined;
      await delay(random.between(1, againMs));
    }
    return undefined;
  }

  async function stay(wire: Wire, first: string): Promise<void> {
    let held = first;
    let isLoggedOut = false;
    const endsAt = Date.now() + random.gap(stayMs);

    async function worker(number: number): Promise<void> {
      let repeats = false;
      while (!isLoggedOut && !isOver() && Date.now() < endsAt) {
        // Rule 1, and rule 3 for a call that is repeated: each goes with the newest token.
        const sent = held;
        await mayWait(context);
        const call = ledger.begin(`${name} worker ${number}`, account, sent);
        await wire.call(call);
        const { outcome } = call;
        // Rule 2. The highest generation counts, not the last to arrive.
        if (outcome?.kind === "let in" && outcome.token !== undefined) {
          if (sessionOf(outcome.token) === sessionOf(held) && generationOf(outcome.token) > generationOf(held))
            held = outcome.token;
        }
        if (outcome?.kind === "refused") {
          if (outcome.reason === "superseded" && !repeats && held !== sent) {
            repeats = true;
            continue;
          }
          // Rule 4.
          if (outcome.reason !== "superseded" && outcome.reason !== endedUnderWay) isLoggedOut = true;
        }
        repeats = false;
        await delay(random.between(1, outcome?.kind === "let in" ? pauseMs : againMs));
      }
    }
    await Promise.all(Array.from({ length: workers }, (_, number) => worker(number)));
    if (isLoggedOut || isOver()) return;
    const told = ledger.endSession(held);
    const call = ledger.begin(`${name} log-out`, account, held);
    await wire.logOut(call);
    told(call.outcome?.kind === "let in");
  }

  while (!isOver()) {
    const wire = open();
    const token = await logIn(wire);
    if (token === undefined) account = takeAccount();
    else await stay(wire, token);
    wire.close();
  }
}

/** The token in an `authorization` field. */
export function tokenIn(authorization: string | null | undefined): string | undefined {
  return /^Bearer (sps_\S+)$/.exec(authorization ?? "")?.[1];
}

export const basicOf = (account: string): string => `Basic ${Buffer.from(`${account}:${password}`).toString("base64")}`;
