// Every client against this tree and against the real Deephaven server. What each saw must be what the table in
// docs/deephaven.md says: the table is made by this file, with WRITE_TABLE=1, and read by people.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startDeephaven } from "./deephaven-server.js";
import { type Observation, readEnvironment, runDriver } from "./environment.js";
import { startOurs } from "./our-server.js";
import { key, pskClass, type Subject } from "./people.js";
import { type Row, readTable, toWords, writeTable } from "./table.js";
import { lookAtWire } from "./wire.js";

const environment = readEnvironment();
const python = (name: string, ...args: readonly (string | number)[]) =>
  runDriver(environment.python, [`test/interop/python/${name}.py`, ...args.map(String)]);

/** By the name of the client, as the table has it. */
const clients: Readonly<Record<string, (subject: Subject) => Promise<readonly Observation[]>>> = {
  "pyarrow.flight": ({ port, rotateSeconds }) =>
    python("flight", port, "user", "p:w", "grüße", "pässwörd:1", rotateSeconds),
  "ADBC Flight SQL": ({ port, rotateSeconds }) => python("adbc", port, "user", "p:w", rotateSeconds),
  pydeephaven: ({ port, staySeconds }) => python("core", port, "user", "p:w", pskClass, key, staySeconds),
  "Java flight-core": ({ port, rotateSeconds }) =>
    runDriver("java", [
      "--add-opens=java.base/java.nio=ALL-UNNAMED",
      "-cp",
      environment.java,
      "Driver",
      ...[port, "user", "p:w", rotateSeconds].map(String),
    ]),
  "Go arrow-go": ({ port }) => runDriver(environment.go, [String(port), "user", "p:w"]),
  "the wire": ({ port }) => lookAtWire(port),
};

let subjects: readonly [ours: Subject, theirs: Subject];
before(async () => {
  subjects = await Promise.all([startOurs(), startDeephaven()]);
});
after(() => Promise.all(subjects.map((subject) => subject.close())));

const seen = new Map<string, readonly Row[]>();
const table = process.env.WRITE_TABLE === undefined ? readTable() : undefined;

// Most of it is waiting for rotations and keep-alives: three at a time.
describe("what each client sees of both servers", { concurrency: 3 }, () => {
  for (const [client, run] of Object.entries(clients)) {
    test(`${client} sees what the table says`, async () => {
      const [ours, theirs] = (await Promise.all(subjects.map(run))).map(toMap) as [Words, Words];
      assert.deepEqual([...ours.keys()], [...theirs.keys()]);
      const rows = [...ours].map(([what, saw]): Row => ({ client, what, theirs: theirs.get(what) ?? "", ours: saw }));
      seen.set(client, rows);
      if (table !== undefined)
        assert.deepEqual(
          rows,
          table.filter((row) => row.client === client),
        );
    });
  }
});

test("the table has every client, and is written where that was asked for", () => {
  if (table === undefined) writeTable(Object.keys(clients).flatMap((client) => seen.get(client) ?? []));
  const inTable = new Set(readTable().map(({ client }) => client));
  assert.deepEqual([...inTable].sort(), Object.keys(clients).sort());
});

type Words = ReadonlyMap<string, string>;

function toMap(observations: readonly Observation[]): Words {
  return new Map(observations.map(({ name, saw }) => [name, toWords(String(saw))]));
}
