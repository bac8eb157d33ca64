import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createAuth } from "../../src/engine/auth.js";
import { sqlite } from "../../src/stores/sqlite/sqlite.js";
import type { Random } from "../../src/testing/random.js";
import { createLeadingPlatform, killRules } from "./kill-platform.js";
import { bearer, type Node, requireAllowed, requireDenied, users } from "./nodes.js";

interface Told {
  /** Handed out, oldest first. */
  readonly tokens: string[];
  confirming: boolean;
  state: "in" | "leaving" | "left";
}

const worker = fileURLToPath(new URL("./kill-worker.js", import.meta.url));

/**
 * Runs a worker and kills it once it has said so much: by then it is at some later step. Returns the lead of its clock.
 */
async function runAndKill(
  path: string,
  lead: number,
  afterWords: number,
  sessions: Map<string, Told>,
): Promise<number> {
  const child = spawn(process.execPath, [worker, path, String(lead)], { stdio: ["ignore", "pipe", "inherit"] });
  let reached = lead;
  let words = 0;
  createInterface({ input: child.stdout }).on("line", (line) => {
    words += 1;
    if (words === afterWords) child.kill("SIGKILL");
    const [word, ref = "", token = ""] = line.split(" ");
    if (word === "lead") reached = Number(ref);
    if (word === "in") sessions.set(ref, { tokens: [token], confirming: false, state: "in" });
    const told = sessions.get(ref);
    if (word === "turned") told?.tokens.push(token);
    if (told !== undefined && word === "turned") told.confirming = false;
    if (told !== undefined && word === "confirming") told.confirming = true;
    if (told !== undefined && (word === "leaving" || word === "left")) told.state = word;
  });
  const [, signal] = await once(child, "close");
  assert.equal(signal, "SIGKILL", "the worker ended by itself");
  return reached;
}

async function check(node: Node, { tokens, confirming, state }: Told, skip: () => void): Promise<"live" | "over"> {
  const [token = "", before] = tokens.toReversed();
  if (state === "left") {
    for (const each of tokens) requireDenied(await bearer(node, each), "revoked");
    return "over";
  }
  if (state === "leaving") {
    // Wholly before or wholly after, and the same for good.
    const first = await bearer(node, token);
    if (first.kind === "denied") requireDenied(first, "revoked");
    assert.equal((await bearer(node, token)).kind, first.kind);
    return first.kind === "denied" ? "over" : "live";
  }
  if (before !== undefined && !confirming) {
    // Until then the answer that was lost might still come.
    skip();
    const decision = requireAllowed(await bearer(node, before));
    assert.equal(decision.offer?.token, token, "the client that missed the answer gets the same token again");
  }
  const next = requireAllowed(await bearer(node, token)).offer?.token;
  if (next !== undefined) requireAllowed(await bearer(node, next));
  return "live";
}

export interface Survivors {
  readonly live: number;
  readonly over: number;
}

/** Kills a process at random instants of its work, and checks after each restart what it had told its clients. */
export async function killAndCheck(times: number, random: Random): Promise<Survivors> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-kill-"));
  const path = join(folder, "sessions.db");
  const left: Told[] = [];
  let lead = 0;
  let live = 0;
  try {
    for (let kill = 0; kill < times; kill += 1) {
      const sessions = new Map<string, Told>();
      lead = await runAndKill(path, lead, 1 + random.int(80), sessions);
      assert.ok(sessions.size > 0, "the worker said nothing");
      // One that was being turned when the process died may have a newer lead than it has said.
      const { platform, skip } = createLeadingPlatform(lead);
      const auth = createAuth({ handlers: [users], store: sqlite(path, { platform }), platform, ...killRules });
      const wait = (): void => {
        lead = skip();
      };
      try {
        for (const told of sessions.values()) {
          if ((await check(auth, told, wait)) === "live") live += 1;
          if (told.state === "left") left.push(told);
        }
        // Of the revoked rows of a subject only the latest hundred are kept, so an old one may say "expired" by now.
        for (const { tokens } of left) {
          for (const token of tokens) assert.equal((await bearer(auth, token)).kind, "denied", "resurrected");
        }
      } finally {
        await auth.close();
      }
    }
    return { live, over: left.length };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
