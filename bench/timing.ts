// `npm run bench -- timing`: can unknown, wrong, disabled and throttled log-ins be told apart by time? A report.
import { scrypt } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createAuth } from "../src/engine/auth.js";
import { basic } from "../src/handlers/password/basic.js";
import { hashPassword } from "../src/handlers/password/hash.js";
import { userFile } from "../src/handlers/password/user-file.js";
import { randomKeys } from "../src/keys/key-ring.js";
import { sqlite } from "../src/stores/sqlite/sqlite.js";
import { spreadOf } from "./stats.js";
import { croppedT } from "./welch.js";

const help = `Log-ins that fail, timed: wrong password, unknown user, disabled user, throttled user with the right and with a wrong password.

  npm run bench -- timing [--pairs 10000] [--argon2]

  --pairs N   log-ins of each kind (default 10,000)
  --argon2    with real hashes, some 20 ms each; otherwise with a cheap one, so that all else shows

Each is compared with the wrong password by Welch's t, of all and of the fastest 99, 90 and 50 percent of both (the rest is
what the machine did meanwhile). Beyond 4.5 in any of them one can tell them apart.
`;

const kinds = ["wrong", "unknown", "disabled", "throttled", "throttled-wrong"] as const;
type Kind = (typeof kinds)[number];
const longestKind = Math.max(...kinds.map((kind) => kind.length));

const password = "correct horse battery staple";
const freeFailures = 2;
const crops = [1, 0.99, 0.9, 0.5];
const warmUps = 2_000;

export async function timing(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      pairs: { type: "string", default: "10000" },
      argon2: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return void process.stdout.write(help);
  const pairs = Number(values.pairs);
  if (!Number.isInteger(pairs) || pairs < 2) throw new Error("--pairs takes a whole number of at least 2");
  const directory = mkdtempSync(join(tmpdir(), "sallyport-timing-"));
  try {
    const times = await measure(directory, pairs, values.argon2);
    for (const kind of kinds) process.stdout.write(toText(kind, times));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measure(directory: string, pairs: number, argon2: boolean): Promise<ReadonlyMap<Kind, number[]>> {
  const users = join(directory, "users.txt");
  const hash = await hashPassword(password);
  const names = Array.from({ length: pairs + warmUps }, (_, index) => String(index).padStart(8, "0"));
  // Every attempt has an account of its own: one that fails again and again would be throttled, whatever it is.
  const line = (kind: Kind) => (name: string) =>
    `${kind}${name}:${hash}:user${kind === "disabled" ? ":disabled" : ""}\n`;
  writeFileSync(
    users,
    kinds
      .filter((kind) => kind !== "unknown")
      .map((kind) => names.map(line(kind)).join(""))
      .join(""),
    {
      mode: 0o600,
    },
  );
  const auth = createAuth({
    store: sqlite(join(directory, "sessions.db")),
    keys: randomKeys(),
    handlers: [basic(userFile(users, argon2 ? {} : { verifyHash: cheapHash }))],
    throttle: { freeFailures, firstDelayMs: 900_000, sourceBurst: 1_000_000, sourceRefillMs: 1, totalBurst: 1_000_000 },
    onEvent: () => {},
  });
  const target = { method: "POST", path: "/" };
  const peer = { address: "192.0.2.1", trusted: false };
  const logIn = async (user: string, word: string): Promise<number> => {
    const payload = Buffer.from(`${user}:${word}`).toString("base64");
    const begun = process.hrtime.bigint();
    const outcome = await auth.logIn({ scheme: "Basic", payload }, { peer, target });
    const ended = process.hrtime.bigint();
    if (outcome.kind !== "denied" || outcome.reason !== "invalid_credentials")
      throw new Error(`${user}: ${outcome.kind}`);
    return Number(ended - begun) / 1_000;
  };

  // Of each account something is counted already, so that none is the first of its name.
  for (const name of names) {
    for (const kind of kinds) {
      const failures = kind.startsWith("throttled") ? freeFailures + 1 : 1;
      for (let index = 0; index < failures; index++) await logIn(nameOf(kind, name), `wrong ${index}`);
    }
  }
  const times = new Map<Kind, number[]>(kinds.map((kind) => [kind, []]));
  for (const [index, name] of names.entries()) {
    for (const kind of shuffled(kinds)) {
      const taken = await logIn(nameOf(kind, name), kind.endsWith("wrong") ? "not the right one at all :-(" : password);
      if (index >= warmUps) times.get(kind)?.push(taken);
    }
  }
  await auth.close();
  return times;
}

/** All of one length. */
function nameOf(kind: Kind, name: string): string {
  return kind.padEnd(longestKind, "-") + name;
}

/** One of libuv's threads, as argon2 takes, for some 50 µs. Whether the password is right, an equal comparison says. */
function cheapHash(_hash: string, given: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    scrypt(given, "salt", 32, { N: 2, r: 1, p: 1 }, (error) => (error ? reject(error) : resolve(given === password)));
  });
}

/** In another order each time, so that none always runs after the same one. */
function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

function toText(kind: Kind, times: ReadonlyMap<Kind, number[]>): string {
  const own = times.get(kind) ?? [];
  const { low, median, high } = spreadOf(own);
  const figures = `${kind.padEnd(15)} median ${median.toFixed(1)} µs [${low.toFixed(1)} … ${high.toFixed(1)}], n ${own.length}`;
  if (kind === "wrong") return `${figures}\n`;
  const all = crops.map((share) => ({ share, t: croppedT(own, times.get("wrong") ?? [], share) }));
  const worst = Math.max(...all.map(({ t }) => Math.abs(t)));
  const text = all.map(({ share, t }) => `${share * 100} %: ${t.toFixed(2)}`).join(", ");
  return `${figures}; t against wrong: ${text}${worst < 4.5 ? "" : "  <- can be told apart"}\n`;
}
