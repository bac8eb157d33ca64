import { type Bytes, concat, fromBase64, toBase64 } from "./bytes.js";

/** A private key file of Deephaven: the user who logs in, the user to operate as, and both halves of the key. */
export interface DeephavenKeyFile {
  readonly user: string;
  readonly operateAs: string;
  readonly publicKey: DeephavenKey;
  readonly privateKey: DeephavenKey;
}

/**
 * One half of a key: SPKI or PKCS #8, and whether the sentinel `EC:` stood before it. A key without the sentinel is an
 * old DSA key.
 */
export interface DeephavenKey {
  readonly der: Bytes;
  readonly hasSentinel: boolean;
}

const tags = ["user", "operateas", "public", "private"] as const;

type Tag = (typeof tags)[number];

const sentinel = Uint8Array.of(0x45, 0x43, 0x3a); // "EC:"

/** Whether a text looks like a key file of Deephaven: one of its lines begins with `private`. */
export function looksLikeDeephavenKeyFile(text: string): boolean {
  return /^\s*private\s/m.test(text);
}

/**
 * Reads a key file of Deephaven: lines `tag value` in any order, each tag once. As in Deephaven's own readers, `#`
 * begins a comment anywhere, and words after a value are ignored.
 *
 * @returns the file's content, or its fault, worded to follow "the key file", without any part of the key
 */
export function parseDeephavenKeyFile(text: string): DeephavenKeyFile | { readonly fault: string } {
  const values = new Map<Tag, string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const [word = "", value] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (word === "") continue;
    const tag = tags.find((each) => each === word);
    const where = `line ${index + 1}`;
    if (tag === undefined) return { fault: `begins ${where} with a word other than ${tags.join(", ")}` };
    if (value === undefined) return { fault: `has no value in ${where}` };
    if (values.has(tag)) return { fault: `has a second ${tag} in ${where}` };
    values.set(tag, value);
  }
  const [user, operateAs, ...halves] = tags.map((tag) => values.get(tag));
  const missing = tags.find((tag) => !values.has(tag));
  if (user === undefined || operateAs === undefined || missing !== undefined)
    return { fault: `has no line ${missing}` };
  const [publicKey, privateKey] = halves.map((half) => parseDeephavenKey(half ?? ""));
  if (publicKey === undefined) return { fault: "has a public value that is not base64" };
  if (privateKey === undefined) return { fault: "has a private value that is not base64" };
  return { user, operateAs, publicKey, privateKey };
}

/** Reads the value of one half; `undefined` unless it is base64. */
export function parseDeephavenKey(value: string): DeephavenKey | undefined {
  const bytes = fromBase64(value);
  if (bytes === undefined || bytes.length === 0) return undefined;
  return readDeephavenKey(bytes);
}

/** Reads one half from bytes, as Deephaven's protocol carries it. */
export function readDeephavenKey(bytes: Uint8Array): DeephavenKey {
  const hasSentinel = sentinel.every((byte, index) => bytes[index] === byte);
  return { der: concat(hasSentinel ? bytes.subarray(sentinel.length) : bytes), hasSentinel };
}

/** Writes one half as a value of a file, always with the sentinel `EC:`, since no new DSA key is made. */
export function toDeephavenValue(der: Uint8Array): string {
  return toBase64(concat(sentinel, der));
}

/** Writes both files that Deephaven's tools make: the private key file, and the line for the public one. */
export function toDeephavenKeyFiles(key: {
  readonly user: string;
  readonly operateAs: string;
  readonly spki: Uint8Array;
  readonly pkcs8: Uint8Array;
}): { readonly privateFile: string; readonly publicFile: string } {
  const publicValue = toDeephavenValue(key.spki);
  const lines = [
    `user ${key.user}`,
    `operateas ${key.operateAs}`,
    `public ${publicValue}`,
    `private ${toDeephavenValue(key.pkcs8)}`,
  ];
  return { privateFile: `${lines.join("\n")}\n`, publicFile: `${key.user} ${publicValue}\n` };
}
