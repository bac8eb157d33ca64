import assert from "node:assert/strict";
import { execFileSync, fork } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { systemPlatform } from "../../../src/base/platform.js";
import { type JsonLinesOptions, jsonLines, type LineStream } from "../../../src/policies/audit/json-lines.js";
import type { AuditRecord } from "../../../src/policies/audit/record.js";

const folder = mkdtempSync(join(tmpdir(), "json-lines-"));
after(() => rmSync(folder, { recursive: true }));
let files = 0;
const newPath = () => join(folder, `audit-${++files}.jsonl`);

const record = (lost: number): AuditRecord => ({ time: 1, event: "refused", outcome: "refused", lost });
const linesOf = (path: string): AuditRecord[] => {
  const text = readFileSync(path, "utf8");
  assert.ok(text === "" || text.endsWith("\n"), "the last line is whole");
  return text
    .split("\n")
    .slice(0, -1)
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as AuditRecord);
};
const numbersOf = (path: string) => linesOf(path).map(({ lost }) => lost);

test("a line for each record, in their order, in a file that is its owner's", async () => {
  for (const fsync of [false, true]) {
    const path = newPath();
    const sink = jsonLines(path, { fsync });
    const numbers = Array.from({ length: 1_000 }, (_, index) => index);
    await Promise.all(numbers.map((number) => sink.write(record(number), false)));
    assert.deepEqual(numbersOf(path), numbers, "all are there when they are said to be");
    assert.equal(statSync(path).mode & 0o777, 0o600);
    await sink.close();
  }
});

test("what is there already stays, and half a line of a process that was killed is a line of its own", async () => {
  const path = newPath();
  writeFileSync(path, '{"lost":1}\n{"lo', { mode: 0o600 });
  const sink = jsonLines(path);
  await sink.write(record(2), false);
  await sink.close();
  assert.equal(readFileSync(path, "utf8"), `{"lost":1}\n{"lo\n${JSON.stringify(record(2))}\n`);
});

test("a file that is moved away, or removed, is opened anew within a second, or when told", async () => {
  let now = 0;
  const path = newPath();
  const sink = jsonLines(path, { platform: { ...systemPlatform, monotonic: () => now } });
  await sink.write(record(1), false);
  renameSync(path, `${path}.1`);
  await sink.write(record(2), false);
  now = 1_000;
  await sink.write(record(3), false);
  unlinkSync(path);
  sink.reopen();
  await sink.write(record(4), false);
  renameSync(path, `${path}.2`);
  writeFileSync(path, "", { mode: 0o600 });
  await sink.write(record(5), false);
  now = 2_000;
  await sink.write(record(6), false);
  await sink.close();
  assert.deepEqual([numbersOf(`${path}.1`), numbersOf(`${path}.2`), numbersOf(path)], [[1, 2], [4, 5], [6]]);
});

test("logrotate, as it is, loses and tears nothing under load", { skip: lacksLogrotate() ?? false }, async () => {
  const path = newPath();
  const sink = jsonLines(path);
  const config = join(folder, "logrotate.conf");
  writeFileSync(config, `${path} {\n  rotate 9\n  nocompress\n  create 0600\n  su root root\n}\n`);
  let written = 0;
  for (let turn = 0; turn < 5; turn++) {
    const some = Array.from({ length: 500 }, () => sink.write(record(written++), false));
    execFileSync("logrotate", ["-f", "-s", join(folder, "state"), config]);
    sink.reopen();
    await Promise.all(some);
  }
  await sink.close();
  const all = [5, 4, 3, 2, 1].flatMap((number) => numbersOf(`${path}.${number}`)).concat(numbersOf(path));
  assert.deepEqual(
    all.sort((a = 0, b = 0) => a - b),
    Array.from({ length: written }, (_, index) => index),
  );
});

test("several processes share a file", async () => {
  const path = newPath();
  const worker = new URL("./json-lines-worker.js", import.meta.url);
  const codes = await Promise.all(
    [1, 2, 3].map((name) => new Promise((resolve) => fork(worker, [path, String(name)]).once("exit", resolve))),
  );
  assert.deepEqual(codes, [0, 0, 0]);
  const lines = linesOf(path);
  for (const name of ["1", "2", "3"]) {
    const own = lines.filter(({ subject }) => subject === name).map(({ lost }) => lost);
    assert.deepEqual(
      own,
      Array.from({ length: 500 }, (_, index) => index),
    );
  }
});

/** A stream that takes one chunk at a time, when it is let. */
function slowStream() {
  const chunks: string[] = [];
  let done: ((error?: Error) => void) | undefined;
  const stream: LineStream = {
    on() {},
    write(chunk, written) {
      chunks.push(chunk);
      done = written;
    },
  };
  return {
    stream,
    chunks,
    async take(error?: Error) {
      done?.(error);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test("what waits is bounded; what is lost is said in the next line; what a log-in waits for has room of its own", async () => {
  const { stream, chunks, take } = slowStream();
  const sink = jsonLines(stream, { maxWaiting: 2 });
  const writes = [0, 1, 2].map((number) => sink.write(record(number), false));
  for (const number of [3, 4]) {
    assert.throws(() => sink.write(record(number), false), {
      code: "unavailable",
      message: /more records wait than maxWaiting/,
    });
  }
  writes.push(sink.write(record(5), true), sink.write(record(6), true));
  assert.throws(() => sink.write(record(7), true), { code: "unavailable" });
  await take();
  await take();
  await Promise.all(writes);
  const [first, rest = ""] = chunks;
  assert.equal(first, `${JSON.stringify(record(0))}\n`);
  const [gap, ...others] = rest
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as AuditRecord);
  assert.deepEqual([gap?.event, gap?.outcome, gap?.lost], ["records-lost", "alarm", 3]);
  assert.deepEqual(
    others.map(({ lost }) => lost),
    [1, 2, 5, 6],
  );
});

test("a write that fails says so to whoever waits, and the next that works says how many are lost", async () => {
  const { stream, chunks, take } = slowStream();
  const sink = jsonLines(stream);
  const first = sink.write(record(1), true) as Promise<void>;
  const rejected = assert.rejects(first, /disk full/);
  await take(new Error("disk full"));
  await rejected;
  const second = sink.write(record(2), false);
  await take();
  await second;
  assert.match(chunks[1] ?? "", /"records-lost","outcome":"alarm","lost":1\}\n\{/);
  await sink.close();
});

test("a disk that is full: the record is not said to be there, and no line is torn afterwards", {
  skip: lacksTmpfs() ?? false,
}, async () => {
  const place = join(folder, "small");
  mkdirSync(place);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=8k", "tmpfs", place]);
  try {
    const path = join(place, "audit.jsonl");
    const filler = join(place, "filler");
    writeFileSync(filler, Buffer.alloc(4_000));
    const sink = jsonLines(path);
    let kept = 0;
    await assert.rejects(
      async () => {
        for (; kept < 1_000; kept++) await sink.write(record(kept), true);
      },
      { code: "ENOSPC" },
    );
    unlinkSync(filler);
    await sink.write(record(9_999), true);
    await sink.close();
    const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
    const whole = lines.flatMap((line) => {
      try {
        return [JSON.parse(line) as AuditRecord];
      } catch {
        return [];
      }
    });
    assert.ok(lines.length - whole.length <= 1, "at most the one that did not fit");
    assert.deepEqual(
      whole.map(({ lost }) => lost),
      [...Array.from({ length: kept }, (_, index) => index), 1, 9_999],
    );
  } finally {
    execFileSync("umount", [place]);
  }
});

test("a file that cannot be opened, or that everyone may write, refuses to start", () => {
  assert.throws(() => jsonLines(join(folder, "none", "audit.jsonl")), {
    code: "invalid_options",
    message: /cannot be opened \(ENOENT\)/,
  });
  const path = newPath();
  writeFileSync(path, "");
  chmodSync(path, 0o666);
  assert.throws(() => jsonLines(path), { code: "invalid_options", message: /Run: chmod o-w/ });
  for (const maxWaiting of [0, 1.5, Number.NaN]) {
    assert.throws(() => jsonLines(newPath(), { maxWaiting } as JsonLinesOptions), { code: "invalid_options" });
  }
});

function lacksLogrotate(): string | undefined {
  try {
    execFileSync("logrotate", ["--version"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "needs logrotate: apt-get install logrotate";
  }
}

function lacksTmpfs(): string | undefined {
  const probe = mkdtempSync(join(tmpdir(), "tmpfs-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=8k", "tmpfs", probe], { stdio: "ignore" });
    execFileSync("umount", [probe]);
    return undefined;
  } catch {
    return "needs the right to mount a small disk";
  } finally {
    rmSync(probe, { recursive: true });
  }
}
