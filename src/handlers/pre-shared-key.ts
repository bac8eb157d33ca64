import { createHash, timingSafeEqual } from "node:crypto";
import { AuthError } from "../base/errors.js";
import { type Identity, requireSubject } from "../model/identity.js";
import { type Handler, rejected, type Verdict } from "./handler.js";

/** One key: in the clear, or as `hashPreSharedKey` made it, so that the configuration holds no secret. */
export type PreSharedKey = ({ readonly key: string } | { readonly sha256: string }) & {
  /** Who the key acts for. Default: the name of the key. Two keys of one subject let you change keys without a gap. */
  readonly subject?: string;
  readonly roles?: readonly string[];
};

/** What `preSharedKey` takes. */
export interface PreSharedKeyOptions {
  /** Default: `"PSK"`. */
  readonly scheme?: string;
  /** Keys by name. The name says in logs and routes which key was used. */
  readonly keys: Readonly<Record<string, PreSharedKey>>;
}

/** Who presented a key, and which one. */
export interface PreSharedKeyIdentity extends Identity {
  /** The name of the key that was presented. */
  readonly keyName: string;
  readonly roles: readonly string[];
}

/** 256 bits in any encoding and a prefix fit well below; nothing longer is hashed. */
const maxKeyLength = 512;

/** RFC 4086 and NIST SP 800-131A: what cannot be guessed offline, so that one plain SHA-256 is a safe way to keep it. */
const minKeyBits = 128;

/**
 * Keys that programs were given in advance: `Authorization: PSK <key>`. Opens a session.
 *
 * Kept as SHA-256 only: a slow hash protects guessable secrets, and a guessable key is refused here. The presented key
 * is hashed once and compared with every key in constant time, so the time tells neither a prefix nor a name.
 *
 * @throws {AuthError} `invalid_options` for an unusable key. The message names it and never shows it.
 */
export function preSharedKey(options: PreSharedKeyOptions): Handler<PreSharedKeyIdentity> {
  const { scheme = "PSK" } = options;
  const entries = Object.entries(options.keys ?? {}).map(([name, key]) => toEntry(name, key));
  if (entries.length === 0) refuse("preSharedKey needs at least one key: keys: { robot: { key } }");
  requireDistinct(entries);
  return Object.freeze({
    scheme,
    opens: "session",
    remember: true,
    fromHeader(payload: string): Verdict<PreSharedKeyIdentity> {
      if (payload === "" || payload.length > maxKeyLength) return rejected;
      const digest = sha256(payload);
      let found: Entry | undefined;
      for (const entry of entries) if (timingSafeEqual(entry.digest, digest)) found = entry;
      return found === undefined ? rejected : found.accepted;
    },
  } satisfies Handler<PreSharedKeyIdentity>);
}

/**
 * What to put into a configuration instead of the key: its SHA-256 in hexadecimal, as `printf %s "$KEY" | sha256sum`.
 *
 * @throws {AuthError} `invalid_options` when the key is guessable.
 */
export function hashPreSharedKey(key: string): string {
  requireKey(key, "The key");
  return sha256(key).toString("hex");
}

interface Entry {
  readonly name: string;
  readonly digest: Buffer;
  readonly accepted: Verdict<PreSharedKeyIdentity>;
}

function toEntry(name: string, key: PreSharedKey): Entry {
  const identity = Object.freeze({
    subject: key.subject ?? name,
    roles: Object.freeze([...(key.roles ?? [])]),
    keyName: name,
  });
  requireSubject(identity);
  return { name, digest: toDigest(name, key), accepted: Object.freeze({ kind: "accepted", identity }) };
}

function toDigest(name: string, key: PreSharedKey): Buffer {
  const label = `The pre-shared key ${JSON.stringify(name)}`;
  if ("key" in key === "sha256" in key) refuse(`${label} must have either key or sha256`);
  if ("key" in key) {
    requireKey(key.key, label);
    return sha256(key.key);
  }
  if (typeof key.sha256 !== "string" || !/^[0-9a-f]{64}$/.test(key.sha256)) {
    refuse(`${label} has a sha256 that is not 64 lower-case hexadecimal digits. Make one with hashPreSharedKey`);
  }
  return Buffer.from(key.sha256, "hex");
}

function requireDistinct(entries: readonly Entry[]): void {
  const names = new Map<string, string>();
  for (const { name, digest } of entries) {
    const twin = names.get(digest.toString("hex"));
    if (twin !== undefined)
      refuse(`The pre-shared keys "${twin}" and "${name}" are the same, so nobody could tell whose it is`);
    names.set(digest.toString("hex"), name);
  }
}

function requireKey(key: string, label: string): void {
  if (typeof key !== "string" || !/^[!-+\--~]+$/.test(key) || key.length > maxKeyLength) {
    refuse(`${label} must be 1 to ${maxKeyLength} visible ASCII characters without spaces and commas`);
  }
  if (plausibleBits(key) < minKeyBits) {
    refuse(`${label} is guessable: it has less than ${minKeyBits} bits. Make one with: openssl rand -base64 32`);
  }
}

/** No more than what random text of this length and alphabet would hold; 0 when it plainly is not random. */
function plausibleBits(key: string): number {
  const repeats = (key + key).indexOf(key, 1) < key.length;
  if (repeats || new Set(key).size < 8) return 0;
  return key.length * Math.log2(alphabetSize(key));
}

function alphabetSize(key: string): number {
  if (/^[0-9]+$/.test(key)) return 10;
  if (/^[0-9a-f]+$/.test(key) || /^[0-9A-F]+$/.test(key)) return 16;
  let size = 0;
  if (/[0-9]/.test(key)) size += 10;
  if (/[a-z]/.test(key)) size += 26;
  if (/[A-Z]/.test(key)) size += 26;
  // Not all 33: keys are usually base64 or a UUID, and those use few of them.
  if (/[^0-9A-Za-z]/.test(key)) size += 2;
  return size;
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text, "utf8").digest();
}

function refuse(message: string): never {
  throw new AuthError("invalid_options", message);
}
