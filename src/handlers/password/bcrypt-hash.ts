import type { HashKind } from "./hash.js";

/**
 * The lowest accepted cost: the OWASP Password Storage Cheat Sheet asks for at least 10, for systems that have bcrypt
 * already. `htpasswd -B` makes 5, which is 3 ms of work.
 */
const leastCost = 10;

/**
 * The highest accepted cost. Each step doubles the time: 15 takes some 2 s, and with 31 one log-in attempt would take
 * 40 hours.
 */
const mostCost = 15;

/** The bytes of a password that bcrypt reads (it repeats a shorter one, with a NUL after it, up to here). */
const maxBytes = 72;

/**
 * `$2b$`, PHP's and Apache's `$2y$` and the old `$2a$` name the same computation for passwords that Basic can carry;
 * `$2x$` is that of a bug. The spare bits of salt and hash must be zero: otherwise the library gives up at once, and
 * the time would reveal the user.
 */
const shape = /^\$2[aby]\$([0-3]\d)\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]$/;

const base64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const bcryptAlphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** The remedy for a hash that is refused. */
export const bcryptRemedy = "Make a new one: htpasswd -B -C 12 FILE NAME";

const library = "@node-rs/bcrypt";

/**
 * Checks bcrypt hashes, for files that exist already. Use another kind for new ones: bcrypt is not memory-hard.
 *
 * A password of more than 72 bytes is refused: bcrypt would cut it, so that all passwords with the same first 72 bytes
 * would be equal. The hash is computed all the same, so that the time reveals nothing. A NUL is refused too: `a` and `a
 * NUL a` have one hash.
 */
export const bcrypt: HashKind = Object.freeze({
  name: "bcrypt",
  library,
  owns: (hash: string) => hash.startsWith("$2"),
  fault(hash: string) {
    const cost = Number(shape.exec(hash)?.[1]);
    if (Number.isNaN(cost)) return `the hash is damaged: it must be $2y$COST$ and 53 characters. ${bcryptRemedy}`;
    if (cost < leastCost) {
      return `the hash is too cheap to guess: bcrypt with cost ${cost}, and at least ${leastCost} is needed. ${bcryptRemedy}`;
    }
    if (cost > mostCost) {
      return `the hash has a dangerous cost: bcrypt with cost ${cost}, and at most ${mostCost} is taken. ${bcryptRemedy}`;
    }
    return isInstalled() ? undefined : `the hash is bcrypt, which needs ${library}. Run: npm install ${library}@1`;
  },
  // The three names take the same time, so a file with all of them needs one computation.
  costOf: (hash: string) => `$2b$${hash.slice(4, 6)}$`,
  decoy(cost: string, random: (bytes: number) => Uint8Array) {
    return `${cost}${encode(random(16))}${encode(random(23))}`;
  },
  async verify(hash: string, password: string) {
    const { verify } = await import("@node-rs/bcrypt");
    const bytes = Buffer.from(password);
    const matches = await verify(bytes.subarray(0, maxBytes), hash);
    return matches && bytes.length <= maxBytes && !password.includes("\0");
  },
  load: () => import("@node-rs/bcrypt"),
});

/** Encodes bcrypt's own base64: another order of letters, no padding. */
function encode(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString("base64").replace(/=+$/, "");
  return text.replace(/./g, (letter) => bcryptAlphabet[base64Alphabet.indexOf(letter)] ?? "");
}

/** Whether the library, an optional peer, is installed. Checked when the file is read, before the first log-in. */
function isInstalled(): boolean {
  try {
    return import.meta.resolve(library) !== "";
  } catch {
    return false;
  }
}
