import { promises, readFileSync } from "node:fs";
import { toDraftPath } from "../../base/draft-file.js";
import type { Platform } from "../../base/platform.js";

export interface UsageFileOptions {
  readonly platform: Platform;
  readonly onWarning: (message: string) => void;
  /** Whether the key still exists: the last use of a removed key is not written. */
  readonly isKnown: (id: string) => boolean;
}

export interface UsageFile {
  used(id: string, usedAt: number): void;
  /** Writes at once what waits to be written. A later use begins to wait anew. */
  close(): Promise<void>;
}

/**
 * The shortest interval between two writes, each for all keys. The last minute of uses is lost when the process ends
 * without `close`.
 */
const writeEveryMs = 60_000;

const usagePath = (path: string): string => `${path}.used`;

/**
 * Makes the function that keeps when keys were last used, in a file beside that of the keys: a use must not look like
 * an edit, nor race one. Several processes write the same file, each adding what it knows, so a lost write is repaired
 * by the next one.
 */
export function createUsageFile(path: string, options: UsageFileOptions): UsageFile {
  const { platform, onWarning, isKnown } = options;
  const used = new Map<string, number>();
  let wroteAt = Number.NEGATIVE_INFINITY;
  let cancel: (() => void) | undefined;
  let writing: Promise<void> | undefined;
  let warned = false;

  async function write(): Promise<void> {
    wroteAt = platform.monotonic();
    const draft = toDraftPath(usagePath(path), platform);
    try {
      const merged = parseUsage(await promises.readFile(usagePath(path), "utf8").catch(noneYet));
      for (const [id, at] of used) merged.set(id, Math.max(at, merged.get(id) ?? 0));
      const known = [...merged].filter(([id]) => isKnown(id));
      const lines = known.map(([id, at]) => `${JSON.stringify({ id, usedAt: new Date(at).toISOString() })}\n`);
      await promises.writeFile(draft, lines.join(""), { mode: 0o600, flag: "wx" });
      await promises.rename(draft, usagePath(path));
      warned = false;
    } catch {
      await promises.rm(draft, { force: true }).catch(() => {});
      if (!warned) onWarning(`Last uses of API keys cannot be written to ${usagePath(path)}. Keys work all the same`);
      warned = true;
    }
  }

  function begin(): void {
    cancel = undefined;
    writing = Promise.resolve(writing).then(write);
  }

  return {
    used(id, usedAt) {
      used.set(id, usedAt);
      cancel ??= platform.delay(Math.max(0, wroteAt + writeEveryMs - platform.monotonic()), begin);
    },
    async close() {
      if (cancel !== undefined) {
        cancel();
        begin();
      }
      await writing;
    },
  };
}

/** Reads when the keys of a file were last used, in milliseconds since 1970 by key id. Unreadable parts are ignored. */
export function readUsage(path: string): ReadonlyMap<string, number> {
  try {
    return parseUsage(readFileSync(usagePath(path), "utf8"));
  } catch {
    return new Map();
  }
}

function parseUsage(text: string): Map<string, number> {
  const shape = /^\{"id":"([0-9a-f]{16})","usedAt":"([^"]+)"\}$/gm;
  const found = Array.from(text.matchAll(shape), ([, id = "", at = ""]) => [id, Date.parse(at)] as const);
  return new Map(found.filter(([, at]) => !Number.isNaN(at)));
}

/** Any other fault, such as no free file descriptor, must not be taken for an empty file, which would then be written. */
function noneYet(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT") return "";
  throw error;
}
