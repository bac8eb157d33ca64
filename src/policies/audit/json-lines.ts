import { AuthError } from "../../base/errors.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import { type Appendable, openAppendFile } from "./append-file.js";
import type { AuditSink } from "./audit.js";
import type { AuditRecord } from "./record.js";

/** What `jsonLines` takes beside the place. */
export interface JsonLinesOptions {
  /** Wait for the disk with every batch. A record is then there after a power cut. Default: `false`. */
  readonly fsync?: boolean | undefined;
  /**
   * Records that may wait to be written. Beyond it they are lost, and the next line says how many; what a log-in waits for
   * has as much room again. Default: 10,000.
   */
  readonly maxWaiting?: number | undefined;
  /** Clock. Default: the machine's. */
  readonly platform?: Platform | undefined;
}

/** A sink of lines. */
export interface JsonLinesSink extends AuditSink {
  /** Opens the file anew before the next line: for whoever has moved it away. It is noticed within a second anyway. */
  reopen(): void;
  close(): Promise<void>;
}

/** As much of a `Writable` as is needed, such as `process.stdout`. */
export interface LineStream {
  write(chunk: string, done: (error?: Error | null) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
}

interface Waiting {
  readonly line: string;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** Some 100 kB: what one write takes. */
const largestBatch = 256;

/**
 * Records as lines of JSON, in the order of events: appended to a file (made with mode 0600) or written to a stream. One
 * `write` carries all that wait, so that a disk that is waited for costs a flood of log-ins one wait and not thousands.
 *
 * @throws {AuthError} `invalid_options` when the file cannot be opened or others may write it. The message says what to do.
 */
export function jsonLines(target: string | LineStream, options: JsonLinesOptions = {}): JsonLinesSink {
  const { fsync = false, maxWaiting = 10_000, platform = systemPlatform } = options;
  if (!Number.isSafeInteger(maxWaiting) || maxWaiting < 1) {
    throw new AuthError("invalid_options", "jsonLines: maxWaiting must be a whole number of at least 1");
  }
  const file = typeof target === "string" ? openAppendFile(target, fsync, platform) : toAppendable(target);
  let waiting: Waiting[] = [];
  let writing: Promise<void> | undefined;
  let lost = 0;

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, largestBatch);
      waiting = waiting.slice(largestBatch);
      const told = lost;
      const gap =
        told === 0 ? "" : toLine({ time: platform.now(), event: "records-lost", outcome: "alarm", lost: told });
      try {
        await file.append(gap + batch.map(({ line }) => line).join(""));
        lost -= told;
        for (const { done } of batch) done();
      } catch (error) {
        lost += batch.length;
        for (const { failed } of batch) failed(error);
      }
    }
    writing = undefined;
  }

  return Object.freeze({
    write(record: AuditRecord, essential: boolean) {
      if (waiting.length >= (essential ? 2 : 1) * maxWaiting) {
        lost += 1;
        throw new AuthError("unavailable", "jsonLines: more records wait than maxWaiting");
      }
      return new Promise<void>((done, failed) => {
        waiting.push({ line: toLine(record), done, failed });
        writing ??= drain();
      });
    },
    reopen: () => file.reopen(),
    async close() {
      await writing;
      await file.close();
    },
  });
}

/** `JSON.stringify` escapes what ends a line in JSON's eyes; records hold nothing that ends one in others'. */
function toLine(record: AuditRecord): string {
  return `${JSON.stringify(record)}\n`;
}

function toAppendable(stream: LineStream): Appendable {
  // The write that failed says so; a second word about it would end the process.
  stream.on("error", () => {});
  return {
    append: (text) =>
      new Promise((resolve, reject) => {
        stream.write(text, (error) => (error ? reject(error) : resolve()));
      }),
    reopen() {},
    async close() {},
  };
}
