import { statSync } from "node:fs";
import { dirname } from "node:path";
import { systemPlatform } from "../../base/platform.js";
import { keyFile } from "../../keys/key-file.js";
import { openKeys } from "../../keys/key-ring.js";
import { resolveRules, type SessionRulesOptions } from "../../sessions/rules.js";
import type { LimitsConfig } from "../listen/listen-config.js";
import type { StoreConfig } from "./config.js";
import { type ConfigPath, toPathText } from "./document.js";
import { parseDuration, toDuration } from "./duration.js";
import { messageOf, type RawConfig, type RawSession, type Reading, report } from "./raw-config.js";
import { requirePositive } from "./read-routes.js";

/** The signing keys: there, usable, and nobody else's to read. */
export function readKeysFile(raw: RawConfig, reading: Reading): { readonly file: string } {
  const path = ["keys", "file"];
  const file = reading.resolve(raw.keys?.file ?? "");
  if (raw.keys?.file !== undefined) {
    if (statSync(file, { throwIfNoEntry: false }) === undefined) {
      report(reading, path, `there is no key file ${file}; make it with: sallyport keys init ${file}`);
    } else {
      try {
        openKeys(keyFile(file), systemPlatform);
      } catch (error) {
        report(reading, path, messageOf(error));
      }
    }
  }
  return Object.freeze({ file });
}

export function readStore({ store = {} }: RawConfig, reading: Reading): StoreConfig {
  if (store.sqlite === undefined) return Object.freeze({ kind: "memory" });
  const path = reading.resolve(store.sqlite);
  if (statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory() !== true) {
    report(
      reading,
      ["store", "sqlite"],
      `there is no directory ${dirname(path)}; make it with: mkdir -m 700 ${dirname(path)}`,
    );
  }
  return Object.freeze({ kind: "sqlite", path });
}

const durations = ["rotateAfter", "overlap", "straggler", "lifetime", "idle", "absolute", "unclaimed"] as const;

export function readSession({ session = {} }: RawConfig, reading: Reading): SessionRulesOptions {
  return readRules(session, ["session"], reading);
}

/** Durations and policy of sessions, wherever they are said. */
export function readRules(session: RawSession, path: ConfigPath, reading: Reading): SessionRulesOptions {
  const rules: Record<string, unknown> = { policy: session.policy };
  for (const name of durations) {
    const text = session[name];
    rules[`${name}Ms`] = text === undefined ? undefined : parseDuration(text);
  }
  try {
    resolveRules(rules as SessionRulesOptions);
  } catch (error) {
    const message = messageOf(error);
    report(reading, placeOf(message, session, path), `${toPathText(path)}: ${inUnits(message)}`);
  }
  return Object.freeze(rules as SessionRulesOptions);
}

/** The first setting that the message names and the file has. */
function placeOf(message: string, session: RawSession, path: ConfigPath): ConfigPath {
  const named = durations
    .filter((name) => session[name] !== undefined && message.includes(`${name}Ms`))
    .sort((a, b) => message.indexOf(`${a}Ms`) - message.indexOf(`${b}Ms`));
  return named[0] === undefined ? path : [...path, named[0]];
}

export function readLimits({ limits = {} }: RawConfig, reading: Reading): LimitsConfig {
  return Object.freeze({
    headersTimeoutMs: requirePositive(limits.headersTimeout ?? "10s", ["limits", "headersTimeout"], reading),
    stopTimeoutMs: requirePositive(limits.stopTimeout ?? "30s", ["limits", "stopTimeout"], reading),
    maxConnections: limits.maxConnections ?? 10_000,
  });
}

/** Says `idle (1m)` where the rules say `idleMs (60000)`. */
function inUnits(message: string): string {
  return message
    .replaceAll(/\b([a-z]+[A-Za-z]*)Ms\b/g, "$1")
    .replaceAll(/\((\d+)\)/g, (_text, ms) => `(${toDuration(Number(ms))})`);
}
