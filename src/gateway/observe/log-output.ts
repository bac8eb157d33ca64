import { write, writeSync } from "node:fs";
import type { DestinationStream } from "pino";
import { type Platform, systemPlatform } from "../../base/platform.js";

/** Lines that wait for an output that takes none, such as a file on a full disk: those beyond are dropped. Characters. */
const mostWaiting = 4 * 1024 * 1024;

/** A line waits so long for others, in milliseconds: a write for each line costs more than the line. */
const gatherMs = 20;

/** Lines of so many characters wait for no others. */
const gathered = 8 * 1024;

/** How long an exit waits for a pipe that is full, in milliseconds. */
const exitMs = 1_000;

const standardOutput = 1;

let opened: DestinationStream | undefined;

/** Returns the one output of this process to standard output. */
export function openLogOutput(): DestinationStream {
  opened ??= createLogOutput(standardOutput, systemPlatform);
  return opened;
}

/**
 * Writes lines to a file descriptor, those that come at about the same time together. What it does not take waits, and is tried
 * again with the next lines: no error reaches the process, whose work goes on with a full disk behind its log. At an exit what
 * waits is written, or given up; when the process is killed it is lost.
 */
function createLogOutput(descriptor: number, platform: Platform): DestinationStream {
  let lines = "";
  /** Handed over, and not taken yet. */
  let waiting: Buffer = Buffer.alloc(0);
  let isWriting = false;
  let isDue = false;

  function send(): void {
    if (isWriting) return;
    if (waiting.length === 0) {
      waiting = Buffer.from(lines);
      lines = "";
    }
    if (waiting.length === 0) return;
    isWriting = true;
    write(descriptor, waiting, (error, taken) => {
      isWriting = false;
      if (error === null) waiting = waiting.subarray(taken);
      if (error === null && waiting.length > 0) send();
      // A pipe whose reader is slow; other errors are tried again when more is to be written.
      else if (lines.length > 0 || error?.code === "EAGAIN") sendLater();
    });
  }

  function sendLater(): void {
    if (isDue) return;
    isDue = true;
    platform.delay(gatherMs, () => {
      isDue = false;
      send();
    });
  }

  function sendLast(): void {
    // What is being written is not written twice.
    let rest = Buffer.concat([isWriting ? Buffer.alloc(0) : waiting, Buffer.from(lines)]);
    const until = platform.monotonic() + exitMs;
    while (rest.length > 0) {
      try {
        rest = rest.subarray(writeSync(descriptor, rest));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EAGAIN" || platform.monotonic() >= until) return;
      }
    }
  }

  process.once("exit", sendLast);
  return {
    write(line) {
      if (lines.length + waiting.length >= mostWaiting) return;
      lines += line;
      if (lines.length >= gathered) send();
      else sendLater();
    },
  };
}
