// `npm run bench -- flood`: what a flood of wrong passwords does to everybody else. A report.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Call, call } from "./flood-call.js";
import type { FloodServer } from "./flood-server.js";
import { spreadOf } from "./stats.js";

const help = `Calls with a remembered token and with a remembered password, while others send wrong passwords.

  npm run bench -- flood [--rounds 5] [--seconds 3] [--rate 500]

  --rounds N    how often each part has its turn (default 5); the figures are medians over the rounds
  --seconds N   how long a part takes each time (default 3)
  --rate N      wrong passwords a second (default 500: ten times what the hashes of two threads take)

One process serves (node:http, SQLite, real argon2id), one floods, and this one is the victim: 200 calls a second, half of
them with a token and half with a password that was right a moment ago. The flood comes from one address, and from a
thousand, as a trusted proxy names them; with the throttle on, and off.
`;

const everyMs = 5;

interface Part {
  /** CPU time of the server, as a share of one core. */
  readonly cpu: number;
  readonly victim: readonly Call[];
  /** Status, and how often. */
  readonly flood: readonly (readonly [number, number])[];
}

export async function flood(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "3" },
      rate: { type: "string", default: "500" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return void process.stdout.write(help);
  const ms = Number(values.seconds) * 1_000;
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error("--rounds takes a whole number of at least 1");
  if (!(ms > 0)) throw new Error("--seconds takes a number of seconds");
  if (!(Number(values.rate) > 0)) throw new Error("--rate takes a number of attempts a second");
  for (const throttle of ["on", "off"] as const) {
    const directory = mkdtempSync(join(tmpdir(), "sallyport-flood-"));
    const serving = start("flood-server.js", [join(directory, "sessions.db"), throttle]);
    const [server] = (await once(serving, "message")) as [FloodServer];
    const flooding = start("flood-client.js", [String(server.port), values.rate]);
    await once(flooding, "message");
    try {
      await part(server, serving, flooding, 2_000, 0); // warms up
      const parts = new Map<number, Part[]>([0, 1, 1_000].map((sources) => [sources, []]));
      // In turn, so that a slow minute meets all parts alike.
      for (let round = 0; round < rounds; round++) {
        for (const [sources, sofar] of parts) sofar.push(await part(server, serving, flooding, ms, sources));
      }
      for (const [sources, all] of parts) {
        const name = sources === 0 ? "no flood" : `flood from ${sources}`;
        print(`throttle ${throttle}, ${name}`, all, parts.get(0) ?? []);
      }
    } finally {
      for (const child of [flooding, serving]) {
        child.disconnect();
        await once(child, "exit");
      }
      rmSync(directory, { recursive: true, force: true });
    }
  }
}

function start(file: string, args: readonly string[]): ChildProcess {
  return fork(fileURLToPath(new URL(file, import.meta.url)), args);
}

async function part(
  server: FloodServer,
  serving: ChildProcess,
  flooding: ChildProcess,
  ms: number,
  sources: number,
): Promise<Part> {
  const cpuBefore = await cpuOf(serving);
  const agent = new Agent({ keepAlive: true });
  const began = performance.now();
  const victim: Promise<Call>[] = [];
  if (sources > 0) flooding.send(sources);
  for (let count = 0; performance.now() < began + ms; count++) {
    // At its time, and not when the call before is answered: else a slow answer hides those that waited behind it.
    const waitMs = began + count * everyMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    victim.push(call(server.port, agent, count % 2 === 0 ? `Bearer ${server.token}` : server.basic, "203.0.113.7"));
  }
  const calls = await Promise.all(victim);
  agent.destroy();
  const failed = calls.find(({ status }) => status !== 200);
  if (failed !== undefined) throw new Error(`a call of the victim was answered ${failed.status}`);
  const cpu = ((await cpuOf(serving)) - cpuBefore) / (performance.now() - began);
  if (sources === 0) return { victim: calls, flood: [], cpu };
  const told = once(flooding, "message");
  flooding.send(0);
  return { victim: calls, flood: (await told)[0] as Part["flood"], cpu };
}

async function cpuOf(serving: ChildProcess): Promise<number> {
  const answer = once(serving, "message");
  serving.send("cpu");
  return (await answer)[0] as number;
}

function print(name: string, parts: readonly Part[], calm: readonly Part[]): void {
  const figures = [0.5, 0.99].map((share) => {
    const ms = at(parts, share);
    return `p${share * 100} ${ms.toFixed(2)} ms (${(ms / at(calm, share)).toFixed(1)} ×)`;
  });
  const cpu = Math.round(spreadOf(parts.map((each) => each.cpu)).median * 100);
  const answers = new Map<number, number>();
  for (const [status, count] of parts.flatMap(({ flood }) => flood))
    answers.set(status, (answers.get(status) ?? 0) + count);
  const flood = [...answers].map(([status, count]) => `${count} × ${status}`).join(", ");
  process.stdout.write(`${name.padEnd(31)}${figures.join(", ")}, ${cpu} % of a core${flood && `; flood: ${flood}`}\n`);
}

/** Of each part, and then the median: one moment in which the machine did something else decides nothing. */
function at(parts: readonly Part[], share: number): number {
  const each = parts.map(({ victim }) => {
    const sorted = victim.map(({ ms }) => ms).sort((a, b) => a - b);
    return sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
  });
  return spreadOf(each).median;
}
