import type { Awaitable } from "../../base/awaitable.js";
import { AuthError } from "../../base/errors.js";
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

/** Whose key it is. */
export interface KeyOwner<I extends Identity> {
  readonly identity: I;
  /** Milliseconds since 1970 from which the key is worth nothing; caps the session. */
  readonly expiresAt?: number | undefined;
}

/**
 * Says whose key this is if it is a key of `user`, or `null`, `undefined` or `false`. A throw or a rejection means
 * "cannot tell now" (503). It is asked only about keys whose private half the caller holds. Look up user and fingerprint
 * together, so that an unknown user takes no other time than another one's key.
 */
export type KeySource<I extends Identity> = (
  user: string,
  key: PublicKey,
) => Awaitable<KeyOwner<I> | null | undefined | false>;

/** What `privateKey` takes. */
export interface PrivateKeyOptions<I extends Identity> {
  /** Whose key is whose: `authorizedKeys("./authorized_keys")`, or a function of yours. */
  readonly keys: KeySource<I>;
  /**
   * Also take signatures over a bare nonce, as clients of Deephaven Enterprise make them. They are bound to nothing, so
   * whoever can make a client sign what they like can log in with it. Default: `false`.
   */
  readonly rawChallenges?: boolean | undefined;
  /** With `rawChallenges`: take DSA keys of old Deephaven installations, which are no longer safe. Default: `false`. */
  readonly allowLegacyDsa?: boolean | undefined;
  /** Clock and randomness. Default: the machine's. */
  readonly platform?: Platform | undefined;
}

/** What the signature is for: one that was made for anything else is worth nothing here. */
const purpose = "log-in";

const nonceBytes = 32;

/** A person who types a passphrase meanwhile is quick enough. */
const challengeLifeMs = 60_000;

/**
 * Anybody may ask for one. So many take 20 MB, and no more log-ins than that are checked in a minute; of one source as many
 * as a fleet makes that starts at once.
 */
const quota = { windowMs: challengeLifeMs, most: 50_000, mostOfSource: 1_000 };

/**
 * Log-in by a private key, in two messages: `GetChallenge` and `LogIn`, or two rounds of a handshake. It opens a session.
 *
 * A challenge is 32 random bytes for one user, one key, one purpose and this realm. It is good for 60 seconds and one try,
 * right or wrong. Who is known is looked up after the signature was checked, so a challenge says nothing about it.
 *
 * @throws {AuthError} `invalid_options` without `keys`.
 */
export function privateKey<I extends Identity>(options: PrivateKeyOptions<I>): Handler<I> {
  const { keys, rawChallenges = false, allowLegacyDsa = false, platform = systemPlatform } = options ?? {};
  if (typeof keys !== "function") {
    throw new AuthError("invalid_options", 'privateKey needs keys: authorizedKeys("./authorized_keys"), or a function');
  }
  const mayIssue = createQuota(platform, quota);

  async function issue({ user, publicKey }: Message<"challenge">, context: HandlerContext): Promise<Verdict<I>> {
    const { proofs, source } = context;
    const key = parsePresentedKey(publicKey);
    if (!isUserName(user) || key === undefined) return rejected;
    if (!mayIssue(source)) return unavailable;
    const nonce = platform.random(nonceBytes);
    const { realm } = proofs;
    const binding = toBinding(toSigned(realm, user, key, nonce));
    // 256 random bits: a name that is taken means that there is no randomness, and then nobody should log in.
    if (!(await proofs.put(toName(nonce), binding, challengeLifeMs))) return unavailable;
    return { kind: "challenged", payload: toKeyChallenge({ realm, nonce }), state: undefined };
  }

  async function answer(message: Message<"answer">, proofs: OneTimeProofs): Promise<Verdict<I>> {
    const { user, nonce, signature } = message;
    // Taken before anything else can fail: right or wrong, this was its one try.
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
    return { kind: "accepted", identity, expiresAt }; // the engine refuses what has expired
  }

  return Object.freeze({
    scheme: privateKeyScheme,
    opens: "session",
    // It cannot be answered in a header, so no 401 should name it.
    challenge: () => undefined,
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

/** What is kept of a challenge, as JSON: enough to tell whose it is, not to tell what it was. */
function toBinding(signed: Uint8Array): string {
  return JSON.stringify(toBase64url(digestOf(signed)));
}

/** As long as a subject may be. What has another form is nobody's name. */
function isUserName(user: string): boolean {
  return user !== "" && user.length <= 256 && !/[\p{Cc}\p{Surrogate}]/u.test(user);
}
