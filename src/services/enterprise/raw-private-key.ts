import { AuthError } from "../../base/errors.js";
import type { Auth } from "../../engine/auth.js";
import type { Denial } from "../../model/decision.js";
import type { Identity } from "../../model/identity.js";
import type { LogInContext, LogInOutcome } from "../../model/log-in.js";
import { parseKeyChallenge, privateKeyScheme, toKeyMessage } from "../../wire/key-messages.js";

/** The answer of a client that signed a bare nonce. */
export interface RawKeyAnswer {
  /** The id that the client sent when it asked for the nonce: 1 to 64 bytes. */
  readonly client: Uint8Array;
  /** The user who logs in. */
  readonly user: string;
  /** The public key as Deephaven's protocol carries it: `EC:` and SPKI, or SPKI of old DSA. */
  readonly publicKey: Uint8Array;
  /** The signature over the nonce alone: ECDSA or DSA over SHA-256, in DER. */
  readonly signature: Uint8Array;
}

/**
 * Logs callers in by a private key, for protocols in which the client signs a bare nonce and sends back only its own
 * id.
 */
export interface RawPrivateKey<I extends Identity> {
  /**
   * Returns a nonce of 32 bytes for a client, valid for 60 seconds and one answer; or a denial: 503, or no handler
   * accepts such answers.
   */
  challenge(client: Uint8Array, context: LogInContext): Promise<Uint8Array | Denial>;
  /** Checks the answer to the last nonce of that client, and opens a session. */
  answer(answer: RawKeyAnswer, context: LogInContext): Promise<LogInOutcome<I>>;
}

/** Makes the log-in for services with such a protocol. The engine needs `privateKey({ rawChallenges: true })`. */
export function createRawPrivateKey<I extends Identity>(auth: Auth<I>): RawPrivateKey<I> {
  const send = (payload: Uint8Array, context: LogInContext) =>
    auth.logIn({ scheme: privateKeyScheme, payload }, context);
  return {
    async challenge(client, context) {
      const outcome = await send(toKeyMessage({ kind: "raw-challenge", client }), context);
      if (outcome.kind === "denied") return outcome;
      const challenge = outcome.kind === "challenged" ? parseKeyChallenge(outcome.payload) : undefined;
      if (challenge === undefined) {
        throw new AuthError(
          "invalid_options",
          `the handler for ${privateKeyScheme} is not privateKey, and gives no nonce`,
        );
      }
      return challenge.nonce;
    },
    answer: (answer, context) => send(toKeyMessage({ kind: "raw-answer", ...answer }), context),
  };
}
