import { chmodSync, copyFileSync, rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { editFile } from "../../src/base/edit-file.js";
import { systemPlatform } from "../../src/base/platform.js";
import { loadDriver } from "../../src/stores/sqlite/driver.js";
import { runCli } from "../cli/run-cli.js";
import type { Random } from "../simulation/random.js";
import type { Backup, Done } from "./book.js";
import type { GatewayProcess } from "./gateways.js";
import type { Ledger } from "./ledger.js";
import type { Pace } from "./pace.js";

export interface IncidentOptions {
  readonly config: string;
  readonly database: string;
  readonly userFile: string;
  readonly gateways: readonly GatewayProcess[];
  readonly ledger: Ledger;
  readonly random: Random;
  readonly pace: Pace;
  /** The accounts that clients have now. */
  readonly inUse: () => readonly string[];
  readonly isOver: () => boolean;
}

const ways = ["end", "disable", "remove"] as const;

/** What is done in the course of a bad night. Resolves when the run is over and both gateways are up. */
export async function runIncidents(options: IncidentOptions): Promise<void> {
  const { config, database, userFile, gateways, ledger, random, pace, inUse, isOver } = options;
  const count = (what: string): void => void ledger.counts.set(what, (ledger.counts.get(what) ?? 0) + 1);
  /** What stops and starts gateways, one after the other. */
  let turn: Promise<void> = Promise.resolve();
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    turn = turn.then(work);
    return turn;
  };

  let restores = random.between(0, 3);
  let shutOuts = random.between(0, 2);

  async function command(...words: string[]): Promise<boolean> {
    const { code, err } = await runCli([...words, "--config", config]);
    if (code !== 0) ledger.note(`sallyport ${words.join(" ")} fails: ${err.trim()}`);
    return code === 0;
  }

  async function crash(): Promise<void> {
    const killed = random.chance(0.2) ? gateways : [random.pick(gateways)];
    for (const gateway of killed) {
      ledger.note(`kill -9 of gateway ${gateway.name}`);
      await gateway.kill();
      count("kills");
    }
    await Promise.all(killed.map((gateway) => gateway.start()));
    ledger.note(`${killed.map(({ name }) => name).join(" and ")} listens again`);
  }

  /** As `.backup` of the SQLite shell does. */
  function backUp(): Backup {
    const from = Date.now();
    const { DatabaseSync } = loadDriver();
    const source = new DatabaseSync(database, { timeout: 1_000 });
    source.exec(`vacuum into '${database}.backup'`);
    source.close();
    chmodSync(`${database}.backup`, 0o600);
    return { from, by: Date.now() };
  }

  /** What `docs/operations.md` says, in one go. */
  function replaceDatabase(backup: Backup): Done {
    const done = ledger.restore(backup);
    for (const side of ["", "-wal", "-shm"]) rmSync(database + side, { force: true });
    copyFileSync(`${database}.backup`, database);
    rmSync(`${database}.backup`);
    return done;
  }

  async function endAll(): Promise<void> {
    count("ends of all");
    for (;;) {
      const instant = Math.floor(Date.now() / 1_000) * 1_000;
      const told = ledger.endBefore(instant);
      const isDone = await command("sessions", "end", "--before", new Date(instant).toISOString());
      told(isDone);
      if (isDone) return;
      await delay(200);
    }
  }

  async function restore(): Promise<void> {
    const backup = backUp();
    // Most sessions turn meanwhile, so that their newest token is ahead of the backup.
    await delay(random.between(pace.rotateAfterMs / 2, 2 * pace.rotateAfterMs));
    const endsAll = restores % 4 > 1;
    restores += 1;
    if (restores % 2 === 0) {
      count("restores, gateways up");
      replaceDatabase(backup)(true);
      if (endsAll) await endAll();
      return;
    }
    count("restores, gateways down");
    await inTurn(async () => {
      for (const gateway of gateways) await gateway.kill();
      const done = replaceDatabase(backup);
      if (endsAll) await endAll();
      done(true);
      await Promise.all(gateways.map((gateway) => gateway.start()));
    });
  }

  async function shutOut(): Promise<void> {
    if (inUse().length === 0) return;
    const name = random.pick(inUse());
    const way = ways[shutOuts++ % ways.length];
    if (way === "end") {
      const told = ledger.endAccount(name);
      told(await command("sessions", "end", "--subject", name));
    } else {
      const told = ledger.disable(name, `${way} ${name} in the user file`);
      if (way === "disable") told(await command("users", "disable", name));
      else {
        const others = (line: string): boolean => !line.startsWith(`${name}:`);
        editFile(userFile, systemPlatform, (text = "") => text.split("\n").filter(others).join("\n"));
        told(true);
      }
    }
    count(`shut out: ${way}`);
  }

  async function often(everyMs: number, incident: () => Promise<void>): Promise<void> {
    for (;;) {
      for (const at = Date.now() + random.between(everyMs / 2, 1.5 * everyMs); Date.now() < at && !isOver(); )
        await delay(100);
      if (isOver()) return;
      await incident();
    }
  }

  await Promise.all([
    often(pace.killEveryMs, () => inTurn(crash)),
    often(pace.restoreEveryMs, restore),
    often(pace.shutOutEveryMs, shutOut),
  ]);
}
