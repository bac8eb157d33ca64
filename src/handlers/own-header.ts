import { AuthError } from "../base/errors.js";
import { token } from "../credentials/grammar.js";
import type { Handler } from "./handler.js";

const nameShape = new RegExp(`^${token}$`);

/** Fields that say something else already, or carry other credentials. */
const taken: ReadonlySet<string> = new Set([
  "auth-token-bin",
  "authorization",
  "connection",
  "content-length",
  "content-type",
  "cookie",
  "dpop",
  "expect",
  "host",
  "keep-alive",
  "origin",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

const takenPrefixes = /^(?:access-control-|connect-|grpc-|proxy-|sallyport-|sec-|x-forwarded-)/;

/** The schemes of tokens, which have carriers of their own. */
const tokenSchemes: ReadonlySet<string> = new Set(["bearer", "dpop"]);

/**
 * Checks the header of a handler that has one beside `Authorization`.
 *
 * @param where what has the option, for the message
 * @throws {AuthError} `invalid_options` for a name that is no token, is taken, or belongs to a scheme of tokens: a session
 *   token must have no further carrier that an upstream would see
 */
export function requireOwnHeader({ header, scheme }: Pick<Handler, "header" | "scheme">, where: string): void {
  if (header === undefined) return;
  if (typeof header !== "string" || !nameShape.test(header)) {
    refuse(`${where}: header must be the name of a header, such as X-API-Key (RFC 9110 §5.1)`);
  }
  const lower = header.toLowerCase();
  if (taken.has(lower) || takenPrefixes.test(lower)) {
    refuse(`${where}: ${header} has a meaning of its own; choose another header, such as X-API-Key`);
  }
  if (tokenSchemes.has(scheme.toLowerCase())) {
    refuse(`${where}: a handler for ${scheme} has no header of its own; give it another scheme, such as ApiKey`);
  }
}

/**
 * Returns the headers that carry credentials beside `Authorization`: their names in lower case, each with its scheme.
 *
 * @throws {AuthError} `invalid_options` when two handlers have the same header
 */
export function toOwnHeaders(handlers: Iterable<Pick<Handler, "header" | "scheme">>): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const { header, scheme } of handlers) {
    if (header === undefined) continue;
    const lower = header.toLowerCase();
    const other = headers.get(lower);
    if (other !== undefined) {
      refuse(`The handlers for ${other} and ${scheme} have the same header, ${header}. Give each one of its own`);
    }
    headers.set(lower, scheme);
  }
  return headers;
}

function refuse(message: string): never {
  throw new AuthError("invalid_options", message);
}
