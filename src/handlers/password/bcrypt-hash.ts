import type { HashKind } from "./hash.js";

/**
 * OWASP Password Storage Cheat Sheet: at least 10, for systems that have bcrypt already. `htpasswd -B` makes 5, which is
 * 3 ms of work.
 */
const leastCost = 10;

/** Each step doubles the time: 15 is some 2 s, and 31 would be 40 hours for whoever asks. */
const mostCost = 15;

/** bcrypt reads no more of a password (and repeats a shorter one, with a NUL after it, up to here). */
const maxBytes = 72;

/**
 * `$2b$`, PHP's and Apache's `$2y$` and the old `$2a$` name one computation for what Basic can carry; `$2x$` is a bug.
 * Strict in the spare bits of salt and hash: the library gives up on others at once, and the time would name the user.
 */
const shape = /^\$2[aby]\$([0-3]\d)\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]$/;

const base64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const bcryptAlphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** What to do about a hash that is not taken. */
export const bcryptRemedy = "Make a new one: htpasswd -B -C 12 FILE NAME";

const library = "@node-rs/bcrypt";

/**
 * bcrypt, for the files that people have. Not for new ones: it is not memory-hard.
 *
 * A password of more than 72 bytes is nobody's: bcrypt would cut it, so that all with one beginning would be one. The
 * hash is computed all the same, so that the time tells nothing. A NUL is refused too: `a` and `a NUL a` have one hash.
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
  // The three names take the same time, so a file with all of them costs one computation.
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

/** bcrypt's own base64: another order of letters, no padding. */
function encode(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString("base64").replace(/=+$/, "");
  return text.replace(/./g, (letter) => bcryptAlphabet[base64Alphabet.indexOf(letter)] ?? "");
}

/** Known before somebody logs in: it is an optional peer. */
function isInstalled(): boolean {
  try {
    return import.meta.resolve(library) !== "";
  } catch {
    return false;
  }
}
