import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { Platform } from "../../base/platform.js";
import type { SqliteDatabase } from "./driver.js";

/**
 * Moves what a purge has written from the log into the file, in a thread of its own. SQLite would do it with the write that
 * makes the log a thousand pages long, and hold the event loop meanwhile: each page is written to a place of its own, and
 * the disk is waited for.
 */
export interface Checkpointer {
  /** Resolves at once while the log is short, else when it is in the file. Never rejects. */
  run(): Promise<void>;
  close(): void;
}

/** Pages of the log: less than half of the thousand with which SQLite begins by itself, within a write. */
const longLog = 400;

/**
 * How often to move what other writes have added meanwhile. The log begins anew when all of it is in the file; each time
 * there is less to move.
 */
const mostRuns = 4;

/** Pages of the log with which SQLite begins by itself: its default, and while the thread is there to do it. */
const ownLog = 1_000;
const threadLog = 10_000;

/** How long the thread stays when there is nothing to do, in milliseconds: a backlog is purged in many calls. */
const idleMs = 10_000;

export function createCheckpointer(database: SqliteDatabase, path: string, platform: Platform): Checkpointer {
  const look = database.prepare("pragma wal_checkpoint(noop)");
  let worker: Worker | undefined;
  let cancel = (): void => {};
  /** Where there can be no thread, such as in a bundle of one file, SQLite does it by itself. */
  let isPossible = true;

  /** Whether the log is long, and not yet all in the file. */
  function isLogLong(): boolean {
    try {
      const { log, checkpointed } = look.get() as { readonly log: number; readonly checkpointed: number };
      return log > longLog && checkpointed < log;
    } catch {
      return false;
    }
  }

  function start(): Worker | undefined {
    // The thread would make a database where there is none.
    if (!isPossible || !existsSync(path)) return undefined;
    try {
      const started = new Worker(new URL("./checkpoint-worker.js", import.meta.url), { workerData: path });
      started.unref();
      beginBy(threadLog);
      started.on("error", () => {
        isPossible = false;
      });
      started.on("exit", () => {
        if (worker !== started) return;
        worker = undefined;
        beginBy(ownLog);
      });
      return started;
    } catch {
      isPossible = false;
      return undefined;
    }
  }

  function askToRun(asked: Worker): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        asked.off("message", done).off("exit", done);
        resolve();
      };
      asked.on("message", done).on("exit", done).postMessage("run");
    });
  }

  function stop(): void {
    cancel();
    if (worker === undefined) return;
    worker.postMessage("close");
    worker = undefined;
    beginBy(ownLog);
  }

  function beginBy(pages: number): void {
    database.exec(`pragma wal_autocheckpoint = ${pages}`);
  }

  return {
    async run() {
      for (let runs = 0; runs < mostRuns && isLogLong(); runs++) {
        worker ??= start();
        if (worker === undefined) return;
        cancel();
        await askToRun(worker);
        cancel = platform.delay(idleMs, stop);
      }
    },
    close: stop,
  };
}
