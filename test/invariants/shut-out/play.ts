import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Awaitable } from "../../../src/base/awaitable.js";
import { systemPlatform } from "../../../src/base/platform.js";
import { randomKeys } from "../../../src/keys/key-ring.js";
import { memory } from "../../../src/stores/memory/memory.js";
import { sqlite } from "../../../src/stores/sqlite/sqlite.js";
import { createWorld } from "../../world.js";
import { createBusy } from "./busy.js";
import { call, endings, type OpeningStreams, openStreams } from "./callers.js";
import { durations, type Node, startNode } from "./node.js";
import { type Change, type Ground, peer, roles, type Source } from "./source.js";
import type { StreamingUpstreams } from "./upstreams.js";

/** Where it is looked at: the process of the edit, another one on the same database, or the first after a reload. */
export const places = ["same process", "another process", "after a reload"] as const;

export type Place = (typeof places)[number];

export interface Scene {
  readonly make: (ground: Ground) => Awaitable<Source>;
  readonly change: Change;
  readonly place: Place;
  readonly upstreams: StreamingUpstreams;
}

type Fields = Readonly<Record<string, string>>;

/** How long sources are down, in milliseconds. */
const downMs = {
  "down for 2 min": 120_000,
  "down for longer": durations.recheckStaleMs + durations.recheckMs + 10_000,
};

/**
 * Lets an account in, changes something, and looks.
 *
 * @returns five letters, as in the table
 */
export async function play({ make, change, place, upstreams }: Scene): Promise<string> {
  const world = createWorld();
  // Providers of tokens go by the clock of the machine: the turned one begins where it is.
  const began = systemPlatform.now() - world.platform.now();
  const platform = { ...world.platform, now: () => world.platform.now() + began };
  const busy = createBusy(world.advance);
  const folder = mkdtempSync(join(tmpdir(), "shut-out-"));
  const source = await make({ platform, folder });
  const edit = source.edits[change];
  assert.ok(edit, "the table has an outcome, and the source no edit");
  const keys = randomKeys(platform);
  const hasTwo = place === "another process";
  const shared = memory({ platform });
  const openStore = () =>
    hasTwo ? sqlite(join(folder, "sessions.db"), { platform, pollMs: 1_000 }) : { ...shared, close: () => {} };
  const start = () => startNode(source.handlers(), { platform, keys, busy, upstreams, store: openStore() });
  const first = await start();
  const node = hasTwo ? await start() : first;

  async function advance(ms: number, stepMs = 1_000): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      world.advance(Math.min(left, stepMs));
      await busy.settle();
    }
  }

  async function logIn(): Promise<string> {
    const outcome = await source.logIn(first.auth);
    if (outcome.kind !== "opened") throw new Error(`the log-in is ${JSON.stringify(outcome)}`);
    const headers = { authorization: `Bearer ${outcome.token}` };
    assert.equal(await told(node, headers), "i", "a session that has just begun");
    return outcome.token;
  }

  /** Presents a token without a turn. */
  async function look(at: Node, token: string): Promise<void> {
    const rawHeaders = ["authorization", `Bearer ${token}`];
    await at.auth.authenticate({ method: "GET", path: "/", rawHeaders, peer }, { rotate: false });
  }

  try {
    const due = await logIn();
    await advance(durations.rotateAfterMs, durations.rotateAfterMs / 4);
    const tokens = [await logIn(), await logIn()] as const;
    const [token, ofStreams] = tokens;
    await look(node, due);
    const opened = {
      token: openStreams(node.origin, node.client, { authorization: `Bearer ${ofStreams}` }),
      credential: source.headers && openStreams(node.origin, node.client, source.headers),
    };
    for (const kinds of Object.values(opened)) await Promise.all(Object.values(kinds ?? {}));
    if (source.headers) assert.equal(await told(node, source.headers), "i", "the credentials, at first");
    await busy.settle();

    await edit.apply();
    if (place === "after a reload" || edit.by === "configuration") reload(first, source, change);
    await advance(change in downMs ? downMs[change as keyof typeof downMs] : source.delayMs);
    // A session that nothing uses is asked about at its next call.
    if (hasTwo && edit.by === "configuration") for (const one of [...tokens, due]) await look(first, one);
    await busy.settle();
    await advance(1_000);

    const rolesNow = change in roles ? roles[change as keyof typeof roles] : roles.first;
    const outcomes = [
      await told(node, { authorization: `Bearer ${token}` }, rolesNow),
      source.headers ? await told(node, source.headers, rolesNow) : await logsIn(node, source, rolesNow),
      await told(node, { authorization: `Bearer ${due}` }, rolesNow),
    ];
    await busy.settle();
    upstreams.ping();
    for (const kinds of [opened.token, opened.credential]) outcomes.push(await fateOf(kinds));
    return outcomes.join("");
  } finally {
    await first.close();
    if (hasTwo) await node.close();
    await source.close?.();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A process that cannot read its source keeps the configuration that it has. */
function reload(node: Node, source: Source, change: Change): void {
  let handlers: ReturnType<Source["handlers"]>;
  try {
    handlers = source.handlers();
  } catch (error) {
    assert.match(change, /^down/, String(error));
    return;
  }
  node.reload(handlers);
}

const lettersOfReasons = new Map([
  ["no_handler", "h"],
  ["unavailable", "u"],
]);

/** A letter for the answer to a call. */
async function told(node: Node, headers: Fields, rolesNow: readonly string[] = roles.first): Promise<string> {
  const { status, reason, roles: list } = await call(node.client, headers);
  const letters = new Map([
    [200, letterOf(list.split(","), rolesNow)],
    [401, "o"],
    [503, lettersOfReasons.get(reason)],
  ]);
  return letters.get(status) ?? assert.fail(`${status} ${reason} ${list}`);
}

async function logsIn(node: Node, source: Source, rolesNow: readonly string[]): Promise<string> {
  const outcome = await source.logIn(node.auth);
  if (outcome.kind === "denied") return lettersOfReasons.get(outcome.reason) ?? "o";
  if (outcome.kind === "challenged") return assert.fail(outcome.kind);
  return letterOf(outcome.caller.identity.roles ?? [], rolesNow) ?? assert.fail("other roles");
}

/** A letter for roles that a caller has. */
function letterOf(list: readonly string[], rolesNow: readonly string[]): string | undefined {
  const isSame = (wanted: readonly string[]) => [...list].sort().join() === [...wanted].sort().join();
  return isSame(roles.first) ? "i" : isSame(rolesNow) ? "r" : undefined;
}

/** A letter for three streams, of each kind one, all of which must have fared alike. */
async function fateOf(kinds: OpeningStreams | undefined): Promise<string> {
  if (kinds === undefined) return "-";
  const fates = new Set<string>();
  for (const [kind, opening] of Object.entries(kinds)) {
    const stream = await opening;
    const fate = await stream.fate;
    stream.close();
    if (fate === "goes on") fates.add("i");
    else {
      assert.equal(fate, endings[kind as keyof typeof endings], kind);
      fates.add("o");
    }
  }
  assert.equal(fates.size, 1, "streams of one caller fare alike, of whatever kind");
  return [...fates].join();
}
