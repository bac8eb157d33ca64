import { writeSync } from "node:fs";
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
  // Node makes a pipe or a socket non-blocking when it opens its stream: a reader that is slow then stops no request.
  void process.stdout;
  opened ??= createLogOutput(standardOutput, systemPlatform);
  return opened;
}

/**
 * Writes lines to a file descriptor, those that come at about the same time together. What it does not take waits, and is tried
 * again with the next lines: no error reaches the process, whose work goes on with a full disk behind its log. At an exit what
 * waits is written, or given up; when the process is killed it is lost. It writes at once, not by a thread: that costs less, and
 * at an exit no write is under way which what still waits could overtake.
 */
function createLogOutput(descriptor: number, platform: Platform): DestinationStream {
  let lines = "";
  /** What the output did not take. */
  let waiting: Buffer = Buffer.alloc(0);
  let isDue = false;

  /** Returns why the output took no more, or `undefined` when it has taken all. */
  function send(): string | undefined {
    if (lines !== "") {
      waiting = Buffer.concat([waiting, Buffer.from(lines)]);
      lines = "";
    }
    try {
      while (waiting.length > 0) waiting = waiting.subarray(writeSync(descriptor, waiting));
    } catch (error) {
      return (error as NodeJS.ErrnoException).code;
    }
    return undefined;
  }

  function sendLater(): void {
    if (isDue) return;
    isDue = true;
    platform.delay(gatherMs, () => {
      isDue = false;
      // A pipe whose reader is slow. Other errors are tried again when more is to be written.
      if (send() === "EAGAIN") sendLater();
    });
  }

  process.once("exit", () => {
    const until = platform.monotonic() + exitMs;
    while (send() === "EAGAIN" && platform.monotonic() < until);
  });
  return {
    write(line) {
      const isFull = lines.length + waiting.length >= mostWaiting;
      if (!isFull) lines += line;
      // Also when it is dropped: there may be room again for those that wait.
      if (isFull || lines.length < gathered || waiting.length > 0) sendLater();
      else if (send() === "EAGAIN") sendLater();
    },
  };
}
