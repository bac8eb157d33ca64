import { after, ignoreFailure } from "../base/awaitable.js";
import type { Platform } from "../base/platform.js";
import type { Keys } from "../keys/key-ring.js";
import type { Emit, KeysMissing } from "../model/events.js";
import type { Ask, SessionRow, Store } from "../model/store.js";
import { toMissingText } from "./key-event-text.js";

/** A ring is looked at this often: with the second for which a changed file must stay as it is, a change is seen in 3. */
const lookEveryMs = 1_000;

/** How soon it is asked again whether the ring is another deployment's, or when the store could not say. */
const askAgainMs = 5_000;

/** How often it is asked otherwise: other nodes may sign with a key that has not come to this one yet. */
const askLaterMs = 60_000;

/** The live sessions that are looked at: the order of refs is random, so they stand for all. */
const sampleSize = 200;

export interface KeyWatchParts {
  readonly keys: Keys;
  readonly store: Pick<Store, "listSessions">;
  readonly realm: string;
  readonly ask: Ask;
  readonly platform: Platform;
  readonly emit: Emit;
}

export interface KeyWatch {
  /** The ring may hold other keys, or sessions may have ended: looks whether it holds those that signed. */
  check(): void;
  /** The keys that signed most live sessions, where the ring lacks them. */
  missing(): ReadonlySet<number>;
  /** Why no caller should be sent here, with what to do; `undefined` when the ring holds what signed. */
  fault(): string | undefined;
  stop(): void;
}

const none: ReadonlySet<number> = new Set();

/**
 * Watches the ring: reads it again when it changes, and compares it with the store. Rows name the key that signed them,
 * and ids of different rings differ, so the store needs to remember nothing else of the ring: a ring that lacks the key of
 * live sessions, such as by a wrong mount at a start, is told by some of its rows.
 */
export function watchKeys({ keys, store, realm, ask, platform, emit }: KeyWatchParts): KeyWatch {
  let lack: KeysMissing | undefined;
  let nextAt = Number.NEGATIVE_INFINITY;
  let stopped = false;
  let cancel = (): void => {};

  function check(): void {
    if (!keys.durable || stopped) return;
    nextAt = platform.monotonic() + askAgainMs;
    ignoreFailure(() =>
      after(
        ask(() => store.listSessions({ realm, limit: sampleSize })),
        judge,
      ),
    );
  }

  function judge(rows: readonly SessionRow[]): void {
    if (stopped) return;
    const before = lack;
    lack = toLack(rows, keys);
    if (!lack?.foreign) nextAt += askLaterMs - askAgainMs;
    const isSame = before?.foreign === lack?.foreign && String(before?.keyIds) === String(lack?.keyIds);
    if (isSame) return;
    if (before !== undefined && (lack === undefined || (before.foreign && !lack.foreign))) {
      emit({ kind: "keys-recovered" });
    }
    if (lack !== undefined) emit({ kind: "keys-missing", ...lack });
  }

  function look(): void {
    keys.look();
    if (platform.monotonic() >= nextAt) check();
    cancel = platform.delay(lookEveryMs, look);
  }

  // Keys of one process signed nothing before.
  if (keys.durable) {
    check();
    cancel = platform.delay(lookEveryMs, look);
  }
  return {
    check,
    missing: () => (lack?.foreign ? new Set(lack.keyIds) : none),
    fault: () => (lack?.foreign ? toMissingText(lack) : undefined),
    stop() {
      stopped = true;
      cancel();
    },
  };
}

function toLack(rows: readonly SessionRow[], keys: Pick<Keys, "accountsFor">): KeysMissing | undefined {
  // Offers that no client took up tell nothing, and a flood of them would hide what is lost.
  const live = rows.filter(({ revokedAt, claimed }) => revokedAt === null && claimed);
  const lost = live.filter(({ keyId }) => !keys.accountsFor(keyId));
  if (lost.length === 0) return undefined;
  const keyIds = [...new Set(lost.map(({ keyId }) => keyId))].sort((a, b) => a - b);
  return { keyIds, sessions: lost.length, of: live.length, foreign: lost.length * 2 > live.length };
}
