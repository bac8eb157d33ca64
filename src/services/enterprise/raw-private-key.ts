import { AuthError } from "../../base/errors.js";
import type { Auth } from "../../engine/auth.js";
import type { Denial } from "../../model/decision.js";
import type { Identity } from "../../model/identity.js";
import type { LogInContext, LogInOutcome } from "../../model/log-in.js";
import { parseKeyChallenge, privateKeyScheme, toKeyMessage } from "../../wire/key-messages.js";

/** What a client sends that signed a bare nonce. */
export interface RawKeyAnswer {
  /** As it named itself when it asked: 1 to 64 bytes. */
  readonly client: Uint8Array;
  /** Who logs in. */
  readonly user: string;
  /** As on Deephaven's wire: `EC:` and SPKI, or SPKI of old DSA. */
  readonly publicKey: Uint8Array;
  /** Over the nonce and nothing else: ECDSA or DSA over SHA-256, in DER. */
  readonly signature: Uint8Array;
}

/** Log-in by a private key for wires on which a client signs a bare nonce, and brings nothing back of it but its name. */
export interface RawPrivateKey<I extends Identity> {
  /** 32 bytes for this client, good for 60 seconds and one answer; or why not: 503, or no handler takes such answers. */
  challenge(client: Uint8Array, context: LogInContext): Promise<Uint8Array | Denial>;
  /** Takes the answer to the last challenge of that client, and opens a session. */
  answer(answer: RawKeyAnswer, context: LogInContext): Promise<LogInOutcome<I>>;
}

/** For services that speak such a wire. The engine needs `privateKey({ rawChallenges: true })`. */
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
