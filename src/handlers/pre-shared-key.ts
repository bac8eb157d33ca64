import { createHash, timingSafeEqual } from "node:crypto";
import { nextEpoch } from "../base/epoch.js";
import { AuthError } from "../base/errors.js";
import { type OptionKinds, requireOptions } from "../base/options.js";
import { type Identity, requireSubject } from "../model/identity.js";
import { toBase64url } from "../wire/bytes.js";
import { type Handler, type RecheckContext, rejected, type Verdict } from "./handler.js";

/** A pre-shared key: in the clear, or hashed by `hashPreSharedKey`, so that the configuration holds no secret. */
export type PreSharedKey = ({ readonly key: string } | { readonly sha256: string }) & {
  /**
   * The subject of the key. Default: the name of the key. Two keys of one subject allow changing keys without a gap.
   */
  readonly subject?: string;
  readonly roles?: readonly string[];
};

/** Options of `preSharedKey`. */
export interface PreSharedKeyOptions {
  /** The scheme. Default: `"PSK"`. */
  readonly scheme?: string;
  /** The keys by name. Logs and routes see the name of the key that was used. */
  readonly keys: Readonly<Record<string, PreSharedKey>>;
}

const preSharedKeyKinds: OptionKinds<PreSharedKeyOptions> = { scheme: "string", keys: "object" };

/** The identity of a caller that presented a key. */
export interface PreSharedKeyIdentity extends Identity {
  /** The name of the key that was presented. */
  readonly keyName: string;
  readonly roles: readonly string[];
}

/**
 * The longest key, in characters. 256 bits in any encoding and a prefix are shorter; a longer key is refused unhashed.
 */
const maxKeyLength = 512;

/**
 * The least strength of a key (RFC 4086, NIST SP 800-131A): it cannot be guessed offline, so that one plain SHA-256
 * keeps it safely.
 */
const minKeyBits = 128;

/**
 * Accepts keys that programs were given in advance: `Authorization: PSK <key>`. It opens a session.
 *
 * The keys are kept as SHA-256: a slow hash protects guessable secrets, and guessable keys are refused here. A
 * presented key is hashed once and compared with every key in constant time, so the time reveals neither a prefix nor a
 * name.
 *
 * @throws {AuthError} `invalid_options` for no key, equal keys, or a malformed or guessable one (below 128 bits). The
 *   message names the key and never shows it.
 */
export function preSharedKey(options: PreSharedKeyOptions): Handler<PreSharedKeyIdentity> {
  requireOptions("preSharedKey", options, preSharedKeyKinds);
  const { scheme = "PSK" } = options;
  const entries = Object.entries(options.keys ?? {}).map(([name, key]) => toEntry(name, key));
  if (entries.length === 0) refuse("preSharedKey needs at least one key: keys: { robot: { key } }");
  requireDistinct(entries);
  const madeAt = nextEpoch();
  return Object.freeze({
    scheme,
    opens: "session",
    remember: true,
    // The keys do not change, but a reload makes another handler with others.
    epoch: () => madeAt,
    fromHeader(payload: string): Verdict<PreSharedKeyIdentity> {
      if (payload === "" || payload.length > maxKeyLength) return rejected;
      const digest = sha256(payload);
      let found: Entry | undefined;
      for (const entry of entries) if (timingSafeEqual(entry.digest, digest)) found = entry;
      return found === undefined ? rejected : found.accepted;
    },
    recheck({ subject, keyName }: PreSharedKeyIdentity, { via }: RecheckContext) {
      const left = entries.filter((entry) => entry.identity.subject === subject && entry.name === keyName);
      return left.find((entry) => via === undefined || entry.via === via)?.identity;
    },
  } satisfies Handler<PreSharedKeyIdentity>);
}

/**
 * Returns the hash to put into a configuration instead of the key: its SHA-256 in hexadecimal, as `printf %s "$KEY" |
 * sha256sum` prints it.
 *
 * @throws {AuthError} `invalid_options` when the key is malformed or guessable (below 128 bits)
 */
export function hashPreSharedKey(key: string): string {
  requireKey(key, "The key");
  return sha256(key).toString("hex");
}

interface Entry {
  readonly name: string;
  readonly digest: Buffer;
  readonly identity: PreSharedKeyIdentity;
  /** A key may be replaced under its name. The digest of a key of 128 bits reveals nothing of it. */
  readonly via: string;
  readonly accepted: Verdict<PreSharedKeyIdentity>;
}

function toEntry(name: string, key: PreSharedKey): Entry {
  const identity = Object.freeze({
    subject: key.subject ?? name,
    roles: Object.freeze([...(key.roles ?? [])]),
    keyName: name,
  });
  requireSubject(identity);
  const digest = toDigest(name, key);
  const via = toBase64url(sha256(`via ${digest.toString("hex")}`));
  return { name, digest, identity, via, accepted: Object.freeze({ kind: "accepted", identity, via }) };
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
      refuse(
        `The pre-shared keys "${twin}" and "${name}" are equal, so a caller would have two identities. Give each its own key`,
      );
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

/**
 * Returns the bits that random text of this length and alphabet would hold, an upper limit of the key's; 0 when the key
 * is plainly not random.
 */
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
  // 2 of the 33: keys are usually base64 or a UUID, which use few of them.
  if (/[^0-9A-Za-z]/.test(key)) size += 2;
  return size;
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text, "utf8").digest();
}

function refuse(message: string): never {
  throw new AuthError("invalid_options", message);
}
