import type { Awaitable } from "../../base/awaitable.js";
import { AuthError } from "../../base/errors.js";
import { type OptionKinds, requireOptions } from "../../base/options.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import type { Identity } from "../../model/identity.js";
import { toBase64url } from "../../wire/bytes.js";
import { toSignedBytes } from "../../wire/challenge-message.js";
import {
  type KeyMessage,
  maxClientBytes,
  parseKeyMessage,
  privateKeyScheme,
  toKeyChallenge,
} from "../../wire/key-messages.js";
import {
  declined,
  type Handler,
  type HandlerContext,
  type OneTimeProofs,
  type RecheckContext,
  rejected,
  unavailable,
  type Verdict,
} from "../handler.js";
import { createQuota } from "./quota.js";
import { issueRawNonce, takeRawNonce } from "./raw-challenge.js";
import {
  digestOf,
  type PublicKey,
  parseDeephavenPresented,
  parsePresentedKey,
  verifySignature,
} from "./verify-signature.js";

/** The owner of a key. */
export interface KeyOwner<I extends Identity> {
  readonly identity: I;
  /** When the key expires, in milliseconds since 1970. The session ends then at the latest. Default: never. */
  readonly expiresAt?: number | undefined;
}

/**
 * Returns the owner of a key if it is a key of `user`; otherwise `null`, `undefined` or `false`, and the log-in is
 * rejected (401). A throw or a rejection means that it cannot be decided now (503). It is called only for keys whose
 * private half the caller holds. Look up user and fingerprint together, so that an unknown user takes the same time as
 * another user's key.
 */
export interface KeySource<I extends Identity> {
  (user: string, key: PublicKey): Awaitable<KeyOwner<I> | null | undefined | false>;
  /**
   * Returns the owner of the key that opened a session, as now; `null`, `undefined` or `false` when the user or that key
   * is gone, and the session ends. Throw when it cannot be decided now. Without it, a session lives to its absolute
   * limit.
   *
   * @param fingerprint that of the key: SHA-256 of its SPKI in base64url. `undefined` for a session of an earlier version
   */
  recheck?(identity: I, fingerprint: string | undefined): Awaitable<KeyOwner<I> | null | undefined | false>;
  /** Returns a number that differs when a key or an account has changed: see `Handler.epoch`. */
  epoch?(): number;
}

/** Options of `privateKey`. */
export interface PrivateKeyOptions<I extends Identity> {
  /** The keys and their owners: `authorizedKeys("./authorized_keys")`, or your own function. */
  readonly keys: KeySource<I>;
  /**
   * Also accept signatures over a bare nonce, as clients of Deephaven Enterprise make them. Default: `false`, since
   * such a signature names neither realm nor purpose: an attacker who can make a client sign chosen bytes can log in as
   * that client.
   */
  readonly rawChallenges?: boolean | undefined;
  /**
   * With `rawChallenges`: accept DSA keys of old Deephaven installations, which are no longer safe. Default: `false`.
   */
  readonly allowLegacyDsa?: boolean | undefined;
  /** Clock and randomness. Default: the machine's. */
  readonly platform?: Platform | undefined;
}

const privateKeyKinds: OptionKinds<PrivateKeyOptions<Identity>> = {
  keys: "function",
  rawChallenges: "boolean",
  allowLegacyDsa: "boolean",
  platform: "object",
};

/** The purpose in the signed message: a signature for another purpose is refused here. */
const purpose = "log-in";

const nonceBytes = 32;

/** How long a challenge lives: long enough for a person to type the passphrase of a key. */
const challengeLifeMs = 60_000;

/**
 * How many challenges are issued in a minute, since unauthenticated clients may ask for them. 50,000 take 20 MB, and
 * bound the log-ins that are checked in a minute; the limit of one source suffices for a fleet that starts at once.
 */
const quota = { windowMs: challengeLifeMs, most: 50_000, mostOfSource: 1_000 };

/**
 * Logs callers in by a private key, in two messages: `GetChallenge` and `LogIn`, or two rounds of a handshake. It opens
 * a session.
 *
 * A challenge is 32 random bytes for one user, one key, one purpose and this realm. It is valid for 60 seconds and one
 * try, right or wrong. The user is looked up after the signature was checked, so a challenge does not reveal which
 * users exist.
 *
 * @throws {AuthError} `invalid_options` without `keys`
 */
export function privateKey<I extends Identity>(options: PrivateKeyOptions<I>): Handler<I> {
  const { keys, rawChallenges = false, allowLegacyDsa = false, platform = systemPlatform } = options ?? {};
  if (typeof keys !== "function") {
    throw new AuthError("invalid_options", 'privateKey needs keys: authorizedKeys("./authorized_keys"), or a function');
  }
  requireOptions("privateKey", options, privateKeyKinds);
  const mayIssue = createQuota(platform, quota);

  async function issue({ user, publicKey }: Message<"challenge">, context: HandlerContext): Promise<Verdict<I>> {
    const { proofs, source } = context;
    const key = parsePresentedKey(publicKey);
    if (!isUserName(user) || key === undefined) return rejected;
    if (!mayIssue(source)) return unavailable;
    const nonce = platform.random(nonceBytes);
    const { realm } = proofs;
    const binding = toBinding(toSigned(realm, user, key, nonce));
    // Two equal nonces of 256 random bits mean that the random source is broken, so the log-in must fail.
    if (!(await proofs.put(toName(nonce), binding, challengeLifeMs))) return unavailable;
    return { kind: "challenged", payload: toKeyChallenge({ realm, nonce }), state: undefined };
  }

  async function answer(message: Message<"answer">, proofs: OneTimeProofs): Promise<Verdict<I>> {
    const { user, nonce, signature } = message;
    // Taken before any other check can fail: right or wrong, this was the one try.
    const binding = nonce.length === nonceBytes ? await proofs.take(toName(nonce)) : undefined;
    const key = parsePresentedKey(message.publicKey);
    if (binding === undefined || key === undefined) return rejected;
    const signed = toSigned(proofs.realm, user, key, nonce);
    return binding === toBinding(signed) && verifySignature(key, signed, signature) ? find(user, key) : rejected;
  }

  async function issueRaw({ client }: Message<"raw-challenge">, context: HandlerContext): Promise<Verdict<I>> {
    const { proofs, source } = context;
    if (client.length === 0 || client.length > maxClientBytes) return rejected;
    const nonce = mayIssue(source) ? await issueRawNonce(client, challengeLifeMs, proofs, platform) : undefined;
    if (nonce === undefined) return unavailable;
    return { kind: "challenged", payload: toKeyChallenge({ realm: proofs.realm, nonce }), state: undefined };
  }

  async function answerRaw(message: Message<"raw-answer">, proofs: OneTimeProofs): Promise<Verdict<I>> {
    const nonce = await takeRawNonce(message.client, proofs);
    const key = parseDeephavenPresented(message.publicKey, allowLegacyDsa);
    if (nonce === undefined || key === undefined || !isUserName(message.user)) return rejected;
    return verifySignature(key, nonce, message.signature) ? find(message.user, key) : rejected;
  }

  async function find(user: string, key: PublicKey): Promise<Verdict<I>> {
    const owner = await keys(user, key);
    if (owner === null || owner === undefined || owner === false) return rejected;
    const { identity, expiresAt } = owner;
    return { kind: "accepted", identity, expiresAt, via: key.fingerprint }; // the engine refuses an expired one
  }

  async function recheck(identity: I, { via }: RecheckContext): Promise<I | undefined> {
    const owner = await keys.recheck?.(identity, via);
    if (!owner || (owner.expiresAt !== undefined && owner.expiresAt <= platform.now())) return undefined;
    return owner.identity;
  }

  return Object.freeze({
    scheme: privateKeyScheme,
    opens: "session",
    // A header cannot answer a challenge of this scheme, so no 401 should name it.
    challenge: () => undefined,
    ...(keys.recheck && { recheck }),
    ...(keys.epoch && { epoch: () => keys.epoch?.() ?? 0 }),
    fromHandshake(payload: Uint8Array, context: HandlerContext): Awaitable<Verdict<I>> {
      const { proofs } = context;
      const message = parseKeyMessage(payload);
      switch (message?.kind) {
        case "challenge":
          return issue(message, context);
        case "answer":
          return answer(message, proofs);
        case "raw-challenge":
          return rawChallenges ? issueRaw(message, context) : declined;
        case "raw-answer":
          return rawChallenges ? answerRaw(message, proofs) : declined;
        case undefined:
          return rejected;
        default:
          return message satisfies never;
      }
    },
  } satisfies Handler<I>);
}

type Message<K extends KeyMessage["kind"]> = Extract<KeyMessage, { readonly kind: K }>;

const toName = (nonce: Uint8Array): string => `nonce ${toBase64url(nonce)}`;

function toSigned(realm: string, user: string, key: PublicKey, nonce: Uint8Array): Uint8Array {
  return toSignedBytes({ realm, purpose, user, fingerprint: digestOf(key.spki), nonce });
}

/** Returns what the store keeps of a challenge, as JSON: a hash that identifies the challenge without revealing it. */
function toBinding(signed: Uint8Array): string {
  return JSON.stringify(toBase64url(digestOf(signed)));
}

/** Whether a text can be the name of a user: it has the form of a subject. */
function isUserName(user: string): boolean {
  return user !== "" && user.length <= 256 && !/[\p{Cc}\p{Surrogate}]/u.test(user);
}
