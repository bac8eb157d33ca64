import { AuthError } from "../../base/errors.js";
import { maxPasswordLength, preparePassword } from "./prepare-password.js";

/** A kind of password hash: how to check passwords by it, and whether a stored hash is strong enough. */
export interface HashKind {
  readonly name: string;
  /** The package that computes the hash. */
  readonly library: string;
  /** Whether a hash, or a text of `costOf`, is of this kind. */
  owns(hash: string): boolean;
  /** Returns the fault of a hash and its remedy; `undefined` when it is acceptable. Never shows the hash. */
  fault(hash: string): string | undefined;
  /** Returns the parameters of a hash, as text: hashes with equal parameters take the same time. */
  costOf(hash: string): string;
  /**
   * Makes a hash that no password has, and that takes as long as a real one with these parameters. It is checked for
   * users who do not exist.
   */
  decoy(cost: string, random: (bytes: number) => Uint8Array): string;
  /**
   * Whether the password is the one that was hashed. Runs outside the event loop, and takes the same time for any
   * password.
   */
  verify(hash: string, password: string): Promise<boolean>;
  /** Loads the native code of some megabytes, when the first file or hash needs it. */
  load(): Promise<unknown>;
}

/** Returns the kind of a hash that has passed `fault`. */
export function kindOf(kinds: readonly HashKind[], hash: string): HashKind {
  const kind = kinds.find((each) => each.owns(hash));
  if (kind === undefined) throw new TypeError("A hash of no known kind was let through");
  return kind;
}

/**
 * OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, 2 passes, 1 lane. It takes 9–30 ms on a server core, which
 * a person does not notice, and allows some hundred guesses a second per GPU at a stolen file.
 */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Settings that OWASP counts as equal to `cost`: memory in KiB and passes. Anything below all of them is weak. */
const minimums: readonly (readonly [memory: number, passes: number])[] = [
  [47_104, 1],
  [19_456, 2],
  [12_288, 3],
  [9_216, 4],
  [7_168, 5],
];

/** The largest accepted parameters: one log-in must not take the machine's memory or a minute of its time. */
const maximum = { memory: 1_048_576, passes: 64, lanes: 16 };

/** A PHC string as argon2 libraries write it: version 1.3, a salt of 16 bytes or more, 128 bits of hash or more. */
const phc =
  /^\$argon2id\$v=19\$m=([1-9]\d{0,7}),t=([1-9]\d{0,2}),p=([1-9]\d{0,2})\$[A-Za-z0-9+/]{22,86}\$[A-Za-z0-9+/]{22,86}$/;

/**
 * Hashes a password for a user file: argon2id, 19 MiB, 2 passes, 1 lane (OWASP), random salt. Rejects when refused. The
 * password is hashed in NFC, so that it does not matter how a client composes its accents (RFC 8265).
 *
 * @throws {AuthError} `invalid_options` for an empty password, one longer than 1,024 characters, or one with control
 *   characters, which Basic cannot carry (RFC 7617 §2).
 */
export async function hashPassword(password: string): Promise<string> {
  if (
    typeof password !== "string" ||
    password === "" ||
    password.length > maxPasswordLength ||
    /\p{Cc}/u.test(password)
  ) {
    throw new AuthError(
      "invalid_options",
      `A password must have 1 to ${maxPasswordLength} characters and no control characters`,
    );
  }
  const { hash } = await loadArgon2();
  return hash(preparePassword(password), cost);
}

/** Whether the password is the one that was hashed. Runs outside the event loop. */
export async function verifyHash(hash: string, password: string): Promise<boolean> {
  const { verify } = await loadArgon2();
  return verify(hash, password);
}

/** Returns the fault of a hash and its remedy; `undefined` when it is acceptable. Never shows the hash. */
function hashFault(hash: string): string | undefined {
  if (!hash.startsWith("$argon2id$")) {
    return "the hash is not argon2id, which is the only kind taken. Make one with hashPassword, or: sallyport hash-password";
  }
  const match = phc.exec(hash);
  if (match === null) return "the hash is damaged: it must be $argon2id$v=19$m=…,t=…,p=…$salt$hash. Make a new one";
  const [memory = 0, passes = 0, lanes = 0] = match.slice(1).map(Number);
  if (memory > maximum.memory || passes > maximum.passes || lanes > maximum.lanes) {
    return "the hash has dangerous costs (at most m=1048576, t=64, p=16). Make a new one with hashPassword";
  }
  if (!minimums.some(([leastMemory, leastPasses]) => memory >= leastMemory && passes >= leastPasses)) {
    return "the hash is too cheap to guess (at least m=19456,t=2 or an equal of it). Make a new one with hashPassword";
  }
  return undefined;
}

function loadArgon2(): Promise<typeof import("@node-rs/argon2")> {
  return import("@node-rs/argon2");
}

/** argon2id, the kind that `hashPassword` makes. */
export const argon2id: HashKind = Object.freeze({
  name: "argon2id",
  library: "@node-rs/argon2",
  owns: (hash: string) => hash.startsWith("$argon2id$"),
  fault: hashFault,
  costOf: (hash: string) => hash.slice(0, hash.indexOf("$", "$argon2id$v=19$".length)),
  decoy(cost: string, random: (bytes: number) => Uint8Array) {
    const text = (bytes: number) => Buffer.from(random(bytes)).toString("base64").replace(/=+$/, "");
    return `${cost}$${text(16)}$${text(32)}`;
  },
  verify: verifyHash,
  load: loadArgon2,
});
