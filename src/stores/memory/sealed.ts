import type { Platform } from "../../base/platform.js";
import type { SealedReading } from "../../model/sealed.js";

/** What fronts keep beside sessions. */
export interface MemorySealed {
  load(ref: string, name: string): SealedReading | undefined;
  swap(ref: string, name: string, version: number, content: string | undefined, leaseMs: number): boolean;
  /** Forgets all of a session whose row goes. */
  remove(ref: string): void;
}

interface Entry {
  readonly version: number;
  readonly content: string | undefined;
  readonly leaseUntil: number;
}

const none: Entry = Object.freeze({ version: 0, content: undefined, leaseUntil: 0 });

/**
 * @param hasRow whether there is such a session
 * @param isLive whether there is one that is not over
 */
export function createMemorySealed(
  platform: Platform,
  hasRow: (ref: string) => boolean,
  isLive: (ref: string) => boolean,
): MemorySealed {
  const entries = new Map<string, Map<string, Entry>>();
  const find = (ref: string, name: string): Entry => entries.get(ref)?.get(name) ?? none;

  return {
    load(ref, name) {
      if (!hasRow(ref)) return undefined;
      const { version, content, leaseUntil } = find(ref, name);
      return { version, content, leaseMs: Math.max(0, leaseUntil - platform.now()), isOver: !isLive(ref) };
    },
    swap(ref, name, version, content, leaseMs) {
      if (!isLive(ref) || find(ref, name).version !== version) return false;
      const entry = { version: version + 1, content, leaseUntil: platform.now() + leaseMs };
      const ofSession = entries.get(ref);
      if (ofSession === undefined) entries.set(ref, new Map([[name, entry]]));
      else ofSession.set(name, entry);
      return true;
    },
    remove: (ref) => void entries.delete(ref),
  };
}
