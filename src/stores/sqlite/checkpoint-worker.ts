// The thread of `checkpointer.ts`: it moves the log of one database into its file whenever it is asked to.
import { parentPort, workerData } from "node:worker_threads";
import { loadDriver } from "./driver.js";

const { DatabaseSync } = loadDriver();
const database = new DatabaseSync(workerData as string, { timeout: 0 });
const checkpoint = database.prepare("pragma wal_checkpoint(passive)");

parentPort?.on("message", (message: "run" | "close") => {
  if (message === "close") {
    database.close();
    parentPort?.close();
    return;
  }
  try {
    checkpoint.get();
  } catch {
    // Another process is at it, or the disk is full: SQLite does it with a later write.
  }
  parentPort?.postMessage("done");
});
