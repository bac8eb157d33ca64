import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { hashPassword, keyFile } from "sallyport";
import { createRandom, mix } from "../simulation/random.js";
import { type ClientContext, password, type RunClient } from "./client.js";
import { openFetchWire, runFetchClient } from "./fetch-client.js";
import { createGatewayProcess, type GatewayProcess } from "./gateways.js";
import { runGrpcClient } from "./grpc-client.js";
import { runIncidents } from "./incidents.js";
import { createLedger, type Ledger } from "./ledger.js";
import { runOwnClient } from "./own-client.js";
import { bounds, type Pace } from "./pace.js";
import { startRelay } from "./relay.js";
import { startUpstreams, type Upstreams } from "./upstreams.js";

/** What a run came to. */
export interface Played {
  /** What should not have happened, each with its history. */
  readonly failures: readonly string[];
  readonly counts: ReadonlyMap<string, number>;
}

const kinds: Readonly<Record<string, RunClient>> = { own: runOwnClient, fetch: runFetchClient, grpc: runGrpcClient };

/** What must have happened before a run can say anything. */
const leastCounts: Readonly<Record<string, number>> = {
  "own: let in": 20,
  "fetch: let in": 20,
  "grpc: let in": 20,
  "ghost: refused": 5,
  ticks: 2,
  turns: 5,
  kills: 2,
  "restores, gateways up": 1,
  "restores, gateways down": 1,
  "shut out: end": 1,
  "shut out: disable": 1,
  "shut out: remove": 1,
};

/** More than a run can shut out. */
const accounts = Array.from({ length: 1_000 }, (_, index) => `user${index}`);

async function writeFiles(directory: string, { http, grpc }: Upstreams, pace: Pace): Promise<string> {
  const write = (name: string, text: string): string => {
    const path = join(directory, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  keyFile(join(directory, "keys.json"), { create: true });
  const hash = await hashPassword(password);
  write("users.txt", accounts.map((name) => `${name}:${hash}:user\n`).join(""));
  const { rotateAfterMs, overlapMs, stragglerMs, absoluteMs } = pace;
  const session = { rotateAfter: rotateAfterMs, overlap: overlapMs, straggler: stragglerMs, absolute: absoluteMs };
  const durations = Object.entries({ ...session, idle: absoluteMs }).map(([name, ms]) => `${name}: ${ms}ms`);
  return write(
    "gate.yaml",
    `\
realm: reliability
listen: [{ address: 127.0.0.1:0 }]
keys: { file: ./keys.json }
store: { sqlite: ./sessions.db }
session: { ${durations.join(", ")}, unclaimed: ${Math.min(absoluteMs, 120_000)}ms }
handlers: { Basic: { users: ./users.txt } }
routes:
  - { match: { path: /test.v1.TalkService }, roles: [user], upstream: grpc }
  - { match: { path: / }, roles: [user], upstream: http }
upstreams: { http: { url: "${http}" }, grpc: { url: "${grpc}" } }
log: { requests: 0 }
`,
  );
}

/** Presents what is over, and logs in as those who are shut out. */
async function haunt({ ledger, random, isOver, ...context }: ClientContext): Promise<void> {
  const wire = openFetchWire({ ...context, ledger, random, isOver }, false);
  while (!isOver()) {
    await delay(100);
    const all = ledger.dead(12);
    if (all.length === 0) continue;
    const { newest: token, account } = random.pick(all);
    if (ledger.account(account).disabled !== undefined && random.chance(0.2)) {
      await wire.logIn(account, ledger.begin("ghost log-in", account));
    } else await wire.call(ledger.begin("ghost", account, token));
  }
  wire.close();
}

/** A client that is stuck has been logged out, too: each token that is the newest of a session is let in by both gateways. */
async function checkLiving(ledger: Ledger, gateways: readonly GatewayProcess[], context: ClientContext): Promise<void> {
  for (const record of ledger.living()) {
    for (const { name, port } of gateways) {
      const wire = openFetchWire({ ...context, origin: `http://127.0.0.1:${port}` }, false);
      const call = ledger.begin(`check at ${name}`, record.account, record.newest);
      await wire.call(call);
      wire.close();
      const isOverNow = Date.now() >= record.openedFrom + context.absoluteMs;
      if (call.outcome?.kind === "lost" || call.outcome?.kind === "unavailable")
        ledger.fail(`${record.client} is stuck at ${name}`, record);
      if (isOverNow) break;
    }
  }
}

/**
 * A bad night: two gateways on one store, behind a relay that drops, delays, half-opens and cuts connections and loses answers,
 * while they are killed, backups are restored and accounts are shut out. Clients of three kinds go on all the time.
 *
 * @param seed of the relay, the clients and the incidents; processes and the network of the machine have no seed
 */
export async function play(seed: number, pace: Pace): Promise<Played> {
  const directory = mkdtempSync(join(tmpdir(), "sallyport-reliability-"));
  const upstreams = await startUpstreams();
  const config = await writeFiles(directory, upstreams, pace);
  const gateways: GatewayProcess[] = [];
  const stoodStillMs = (from: number, to: number): number =>
    gateways.reduce((sum, gateway) => sum + gateway.stoodStillMs(from, to), 0);
  const ledger = createLedger({ ...pace, ...bounds, stoodStillMs }, (seed >>> 0).toString(16).padStart(8, "0"));
  for (const name of ["A", "B"]) gateways.push(createGatewayProcess({ name, config, onLine: ledger.logged }));
  const ports = (): number[] => gateways.flatMap(({ port }) => port ?? []);
  const lateMs = pace.overlapMs + pace.stragglerMs - 500;
  const relay = await startRelay({ random: createRandom(mix(seed, 1)), ports, lateMs });
  try {
    await Promise.all(gateways.map((gateway) => gateway.start()));
    const endsAt = Date.now() + pace.lengthMs;
    const isOver = (): boolean =>
      Date.now() >= endsAt &&
      (ledger.failed() ||
        Object.entries(leastCounts).every(([what, least]) => (ledger.counts.get(what) ?? 0) >= least));
    const inUse = new Map<string, string>();
    let taken = 0;
    const contextOf = (name: string, part: number): ClientContext => ({
      ...{ origin: relay.origin, ledger, random: createRandom(mix(seed, part)), isOver },
      ...{ stayMs: pace.stayMs, absoluteMs: pace.absoluteMs, lateMs },
      takeAccount() {
        const account = accounts[taken++] ?? "";
        inUse.set(name, account);
        return account;
      },
    });
    const names = Object.keys(kinds).flatMap((kind) =>
      Array.from({ length: pace.clientsOfEachKind }, (_, index) => `${kind}${index === 0 ? "" : index + 1}`),
    );
    await Promise.all([
      ...names.map((name, index) => kinds[name.replace(/\d+$/, "")]?.(name, contextOf(name, 10 + index))),
      haunt(contextOf("ghost", 3)),
      runIncidents({
        ...{ config, database: join(directory, "sessions.db"), userFile: join(directory, "users.txt") },
        ...{ gateways, ledger, random: createRandom(mix(seed, 2)), pace, isOver },
        inUse: () => [...inUse.values()],
      }),
    ]);
    relay.calmDown();
    await checkLiving(ledger, gateways, contextOf("check", 4));
    for (const [fate, times] of Object.entries(relay.counts)) ledger.counts.set(`relay: ${fate}`, times);
    return { failures: ledger.close(), counts: ledger.counts };
  } finally {
    relay.close();
    upstreams.close();
    for (const gateway of gateways) await gateway.kill();
    rmSync(directory, { recursive: true, force: true });
  }
}
