import { several, soleOf } from "../model/raw-headers.js";
import { maxAuthorizationLength, parseAuthorization } from "./parse-authorization.js";

/**
 * The credentials that were found in a request. `refused`: there were some, and they are ambiguous or malformed, so
 * none is used.
 */
export type Extracted =
  | { readonly kind: "none" }
  | PresentedCredentials
  | {
      readonly kind: "several";
      readonly authorization: PresentedCredentials | undefined;
      /**
       * The values of the other carriers, `auth-token-bin` before the cookie. A value that is no session token is
       * refused later.
       */
      readonly beside: readonly string[];
    }
  | {
      readonly kind: "refused";
      /** `truncated` and `too_long` are answered with 431, the others with 401. */
      readonly reason: "duplicate" | "malformed" | "too_long" | "truncated";
    };

export interface PresentedCredentials {
  readonly kind: "credentials";
  /** In lower case. */
  readonly scheme: string;
  /** The scheme as it was spelled. */
  readonly name: string;
  readonly payload: string;
  /** The header that carried them, in lower case. Absent: `Authorization`. */
  readonly header?: string | undefined;
}

const none = Object.freeze({ kind: "none" } as const);

const duplicate = Object.freeze({ kind: "refused", reason: "duplicate" } as const);

const malformed = Object.freeze({ kind: "refused", reason: "malformed" } as const);

const tooLong = Object.freeze({ kind: "refused", reason: "too_long" } as const);

const truncatedBlock = Object.freeze({ kind: "refused", reason: "truncated" } as const);

/**
 * Finds the `Authorization` credential of a request.
 *
 * It reads the headers as received: of two `Authorization` fields Node's `headers` silently keeps the first, while a
 * proxy in front may have checked the last. Two fields are refused, equal ones too. `Proxy-Authorization`,
 * `Grpc-Metadata-Authorization` and other aliases that some servers map to `Authorization` are never a credential.
 *
 * @param rawHeaders name, value, name, value …, HTTP/2's pseudo headers included.
 * @param truncated the server dropped headers because there were too many: a dropped one may be an `Authorization`
 * @param maxLength the longest value that is parsed, in characters
 */
export function extractCredentials(
  rawHeaders: readonly string[],
  truncated: boolean,
  maxLength: number = maxAuthorizationLength,
): Exclude<Extracted, { readonly kind: "several" }> {
  if (truncated) return truncatedBlock;
  const authorization = soleOf(rawHeaders, "authorization");
  if (authorization === several) return duplicate;
  if (authorization === undefined) return none;
  if (authorization.length > maxLength) return tooLong;
  const parsed = parseAuthorization(authorization);
  if (parsed === undefined) return malformed;
  return { kind: "credentials", scheme: parsed.scheme, name: parsed.name, payload: parsed.payload };
}
