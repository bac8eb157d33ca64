import assert from "node:assert/strict";
import { constants, createHash, sign } from "node:crypto";
import { type Auth, createAuth } from "../../../src/engine/auth.js";
import { type KeySource, type PrivateKeyOptions, privateKey } from "../../../src/handlers/private-key/private-key.js";
import { type KeyRing, randomKeys } from "../../../src/keys/key-ring.js";
import type { Identity } from "../../../src/model/identity.js";
import type { LogInOutcome } from "../../../src/model/log-in.js";
import type { Store } from "../../../src/model/store.js";
import { memory } from "../../../src/stores/memory/memory.js";
import { toSignedBytes } from "../../../src/wire/challenge-message.js";
import { type KeyChallenge, type KeyMessage, parseKeyChallenge, toKeyMessage } from "../../../src/wire/key-messages.js";
import { type Pair, pairs, spkiOf } from "../../wire/keys.js";
import { createWorld, type World } from "../../world.js";

export type KeyName = keyof typeof pairs;

export const fingerprintOf = (pair: Pair): string => createHash("sha256").update(spkiOf(pair)).digest("base64url");

/** Signs as each kind of key must. */
export function signBy(name: KeyName, message: Uint8Array, pair: Pair = pairs[name]): Uint8Array {
  const key = pair.privateKey;
  switch (name) {
    case "Ed25519":
      return sign(null, message, key);
    case "P-256":
      return sign("sha256", message, key);
    case "P-384":
      return sign("sha384", message, key);
    case "RSA":
      return sign("sha256", message, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
    default:
      return name satisfies never;
  }
}

/** Ada has a key of each kind; Bob has Ada's P-256 key too. */
export const adaAndBob: KeySource<Identity> = (user, { fingerprint }) => {
  const isAda = user === "ada" && Object.values(pairs).some((pair) => fingerprintOf(pair) === fingerprint);
  const isBob = user === "bob" && fingerprint === fingerprintOf(pairs["P-256"]);
  return (isAda || isBob) && { identity: { subject: user } };
};

export interface KeyWorld extends World {
  readonly auth: Auth;
  readonly store: Store;
  readonly keys: KeyRing;
  /** Another node over the same store. */
  node(realm?: string, options?: Partial<PrivateKeyOptions<Identity>>): Auth;
  send(message: KeyMessage, auth?: Auth): Promise<LogInOutcome>;
  challenge(user: string, pair: Pair, auth?: Auth): Promise<KeyChallenge>;
}

export interface Answer {
  readonly name?: KeyName;
  readonly user?: string;
  readonly pair?: Pair;
  readonly nonce: Uint8Array;
  /** What is signed, where it is not what should be. */
  readonly signed?: Partial<Parameters<typeof toSignedBytes>[0]>;
}

/** The message that answers a challenge; `signed` changes what is signed, not what is sent. */
export function answerTo({ name = "P-256", user = "ada", pair = pairs[name], nonce, signed = {} }: Answer): KeyMessage {
  const publicKey = spkiOf(pair);
  const fingerprint = createHash("sha256").update(publicKey).digest();
  const right = { realm: "example", purpose: "log-in", user, fingerprint, nonce };
  const signature = signBy(name, toSignedBytes({ ...right, ...signed }), pair);
  return { kind: "answer", user, publicKey, nonce, signature };
}

export function createKeyWorld(
  options: Partial<PrivateKeyOptions<Identity>> = {},
  open?: (store: Store, world: World) => Store,
): KeyWorld {
  const world = createWorld();
  const { platform } = world;
  const inner = memory({ platform });
  const store = open?.(inner, world) ?? inner;
  const keys = randomKeys(platform);
  const node = (realm = "example", more: Partial<PrivateKeyOptions<Identity>> = {}): Auth =>
    createAuth({
      handlers: [privateKey({ keys: adaAndBob, platform, ...options, ...more })],
      store,
      keys,
      realm,
      platform,
      onEvent: () => {},
    });
  const auth = node();
  const context = {
    peer: { address: "192.0.2.1", trusted: false },
    target: { method: "POST", path: "/sallyport.v1.AuthService/LogIn" },
  };
  const send = (message: KeyMessage, to = auth) =>
    to.logIn({ scheme: "PublicKey", payload: toKeyMessage(message) }, context);
  return {
    ...world,
    auth,
    store,
    keys,
    node,
    send,
    async challenge(user, pair, to) {
      const outcome = await send({ kind: "challenge", user, publicKey: spkiOf(pair) }, to);
      assert.equal(outcome.kind, "challenged");
      return parseKeyChallenge((outcome as { payload: Uint8Array }).payload) ?? assert.fail("is no challenge");
    },
  };
}

/** `opened` by whom, or why not. */
export function told(outcome: LogInOutcome): string {
  switch (outcome.kind) {
    case "opened":
      return `opened ${outcome.caller.identity.subject}`;
    case "challenged":
      return "challenged";
    case "denied":
      return outcome.reason;
    default:
      return outcome satisfies never;
  }
}
