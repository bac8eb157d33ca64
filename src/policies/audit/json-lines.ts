import { AuthError } from "../../base/errors.js";
import { type OptionKinds, requireArgument, requireOptions } from "../../base/options.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import { requireWholeNumber } from "../../base/whole-number.js";
import { type Appendable, openAppendFile } from "./append-file.js";
import type { AuditSink } from "./audit.js";
import type { AuditRecord } from "./record.js";

/** Options of `jsonLines`. */
export interface JsonLinesOptions {
  /**
   * Wait for the disk with every batch, so that a written record survives a power cut. Default: `false`, since each
   * batch then waits for the disk.
   */
  readonly fsync?: boolean | undefined;
  /**
   * The most records that wait to be written. Further ones are lost, and the next line says how many. Records that a
   * log-in waits for have as much room again. Default: 10,000.
   */
  readonly maxWaiting?: number | undefined;
  /** The clock. Default: the machine's. */
  readonly platform?: Platform | undefined;
}

const jsonLinesKinds: OptionKinds<JsonLinesOptions> = { fsync: "boolean", maxWaiting: "number", platform: "object" };

/** A sink that writes lines of JSON. */
export interface JsonLinesSink extends AuditSink {
  /**
   * Opens the path again before the next line. Call it after the file was moved away, which is otherwise noticed within
   * a second.
   */
  reopen(): void;
  close(): Promise<void>;
}

/** The part of a `Writable` that is needed, such as `process.stdout`. */
export interface LineStream {
  write(chunk: string, done: (error?: Error | null) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
}

interface Waiting {
  readonly line: string;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** The most records in one write, some 100 kB. */
const largestBatch = 256;

/**
 * Makes a sink that writes records as lines of JSON, in the order of events: appended to a file (made with mode 0600)
 * or written to a stream. One `write` carries all records that wait, so that with `fsync` a flood of log-ins waits for
 * the disk once and not thousands of times.
 *
 * @throws {AuthError} `invalid_options` when the file cannot be opened, every user of the machine may write it, or
 *   `maxWaiting` is malformed. The message says what to do.
 */
export function jsonLines(target: string | LineStream, options: JsonLinesOptions = {}): JsonLinesSink {
  requireArgument("jsonLines", "target (a path or a stream)", target, "string|object");
  requireOptions("jsonLines", options, jsonLinesKinds);
  const { fsync = false, maxWaiting = 10_000, platform = systemPlatform } = options;
  requireWholeNumber("jsonLines: maxWaiting", maxWaiting, 1);
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

/**
 * Writes one line. `JSON.stringify` escapes line breaks, and records hold no other character that some readers take for
 * one.
 */
function toLine(record: AuditRecord): string {
  return `${JSON.stringify(record)}\n`;
}

function toAppendable(stream: LineStream): Appendable {
  // The callback of `write` reports the failure; without a listener the `error` event would end the process.
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
