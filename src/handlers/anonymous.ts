import { AuthError } from "../base/errors.js";
import { type Identity, requireSubject } from "../model/identity.js";
import { type Handler, rejected } from "./handler.js";

/** What `anonymous` takes. */
export interface AnonymousOptions<I extends Identity> {
  /** Who an anonymous caller is. There is no default: nobody should become somebody by accident. */
  readonly identity: I;
  /** The scheme that a caller must name. Default: `"Anonymous"`. */
  readonly scheme?: string;
  /** `"session"` for clients that only work with a token. Default: `"nothing"`, since asking again costs nothing. */
  readonly opens?: "session" | "nothing";
}

/**
 * Accepts whoever says so: `Authorization: Anonymous`. Not the same as a request without credentials, which a route
 * must welcome by itself. It is never advertised: a client that was refused must not try this next.
 *
 * @throws {AuthError} `invalid_options`, or `invalid_identity`
 */
export function anonymous<I extends Identity>(options: AnonymousOptions<I>): Handler<I> {
  if (typeof options?.identity !== "object" || options.identity === null) {
    throw new AuthError("invalid_options", 'anonymous needs an identity, such as { subject: "guest", roles: [] }');
  }
  const { identity, scheme = "Anonymous", opens = "nothing" } = options;
  requireSubject(identity);
  const accepted = Object.freeze({ kind: "accepted", identity } as const);
  return Object.freeze({
    scheme,
    opens,
    challenge: () => undefined,
    // A payload means that somebody sends real credentials under the wrong scheme: that must not look like success.
    fromHeader: (payload: string) => (payload === "" ? accepted : rejected),
    fromHandshake: (payload: Uint8Array) => (payload.length === 0 ? accepted : rejected),
  } satisfies Handler<I>);
}
