import { type Bytes, fromBase64, fromUtf8, toBase64, toUtf8 } from "./bytes.js";

/** The scheme of these messages. They are the bytes of a handshake; no header carries them. */
export const privateKeyScheme = "PublicKey";

/** A message that a client sends to log in by a private key: JSON, with bytes in base64 (RFC 4648 §4). */
export type KeyMessage =
  /** Asks for a challenge. */
  | { readonly kind: "challenge"; readonly user: string; readonly publicKey: Uint8Array }
  /** Answers a challenge: the signature is over `toSignedBytes`. */
  | {
      readonly kind: "answer";
      readonly user: string;
      readonly publicKey: Uint8Array;
      readonly nonce: Uint8Array;
      readonly signature: Uint8Array;
    }
  /**
   * Asks for a bare nonce, for clients that can sign nothing else. `client` is the id of the client that will answer.
   */
  | { readonly kind: "raw-challenge"; readonly client: Uint8Array }
  /** Answers a raw challenge: the signature is over the nonce alone. */
  | {
      readonly kind: "raw-answer";
      readonly client: Uint8Array;
      readonly user: string;
      readonly publicKey: Uint8Array;
      readonly signature: Uint8Array;
    };

/** The server's answer to `challenge`, in JSON too. */
export interface KeyChallenge {
  readonly realm: string;
  /** 32 bytes. */
  readonly nonce: Uint8Array;
}

/** The members of each kind beside `kind`; `user` is text, the others are bytes. */
const members: Readonly<Record<KeyMessage["kind"], readonly string[]>> = {
  challenge: ["user", "publicKey"],
  answer: ["user", "publicKey", "nonce", "signature"],
  "raw-challenge": ["client"],
  "raw-answer": ["client", "user", "publicKey", "signature"],
};

const kinds: ReadonlyMap<string, readonly string[]> = new Map(Object.entries(members));

/** The longest `client` of a raw challenge, in bytes. Clients send a UUID. */
export const maxClientBytes = 64;

/** The longest message. The largest RSA key and its signature in base64 are below 3 KiB. */
const maxMessageBytes = 8_192;

export function toKeyMessage(message: KeyMessage): Bytes {
  return toUtf8(toJson(message));
}

export function toKeyChallenge(challenge: KeyChallenge): Bytes {
  return toUtf8(toJson(challenge));
}

function toJson(message: object): string {
  const written = Object.entries(message).map(([name, value]) => [
    name,
    value instanceof Uint8Array ? toBase64(value) : value,
  ]);
  return JSON.stringify(Object.fromEntries(written));
}

/**
 * Reads a `KeyMessage`. Returns `undefined` for bytes that are no such message, lack a member, or have one too many.
 */
export function parseKeyMessage(bytes: Uint8Array): KeyMessage | undefined {
  const object = parseObject(bytes);
  const names = kinds.get(String(object?.kind));
  if (object === undefined || names === undefined) return undefined;
  const read = readMembers(object, ["kind", ...names]);
  // Each kind's members were read, and each has the type that its name says.
  return read as KeyMessage | undefined;
}

export function parseKeyChallenge(bytes: Uint8Array): KeyChallenge | undefined {
  const object = parseObject(bytes);
  return object && (readMembers(object, ["realm", "nonce"]) as KeyChallenge | undefined);
}

function parseObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  const text = bytes.length <= maxMessageBytes ? fromUtf8(bytes) : undefined;
  try {
    const value: unknown = JSON.parse(text ?? "");
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

const isText: ReadonlySet<string> = new Set(["kind", "user", "realm"]);

function readMembers(object: Readonly<Record<string, unknown>>, names: readonly string[]): object | undefined {
  if (Object.keys(object).length !== names.length) return undefined;
  const read = new Map<string, string | Bytes>();
  for (const name of names) {
    const value = Object.hasOwn(object, name) ? object[name] : undefined;
    if (typeof value !== "string") return undefined;
    const content = isText.has(name) ? value : fromBase64(value);
    if (content === undefined) return undefined;
    read.set(name, content);
  }
  return Object.fromEntries(read);
}
