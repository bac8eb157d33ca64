import { nextEpoch } from "../base/epoch.js";
import { AuthError } from "../base/errors.js";
import { type OptionKinds, requireOptions } from "../base/options.js";
import { toFrozen } from "../model/frozen-copy.js";
import { type Identity, requireSubject } from "../model/identity.js";
import { type Handler, rejected } from "./handler.js";

/** Options of `anonymous`. */
export interface AnonymousOptions<I extends Identity> {
  /** The identity of an anonymous caller. There is no default: a caller must not get an identity by accident. */
  readonly identity: I;
  /** The scheme that a caller must name. Default: `"Anonymous"`. */
  readonly scheme?: string;
  /** `"session"` for clients that only work with a token. Default: `"nothing"`, since deciding again costs nothing. */
  readonly opens?: "session" | "nothing";
}

const anonymousKinds: OptionKinds<AnonymousOptions<Identity>> = {
  identity: "object",
  scheme: "string",
  opens: ["session", "nothing"],
};

/**
 * Accepts every caller that sends `Authorization: Anonymous`. This differs from a request without credentials, which
 * each route must allow by itself. It has no challenge: a client that was refused must not try it next.
 *
 * @throws {AuthError} `invalid_options` without an identity, `invalid_identity` for one without a usable subject
 */
export function anonymous<I extends Identity>(options: AnonymousOptions<I>): Handler<I> {
  if (typeof options?.identity !== "object" || options.identity === null) {
    throw new AuthError("invalid_options", 'anonymous needs an identity, such as { subject: "guest", roles: [] }');
  }
  requireOptions("anonymous", options, anonymousKinds);
  const { identity, scheme = "Anonymous", opens = "nothing" } = options;
  requireSubject(identity);
  // Nothing was proved, so a session that opens is never fresh enough for a step-up.
  const accepted = Object.freeze({
    kind: "accepted",
    identity: toFrozen(identity),
    authenticatedAt: "unknown",
  } as const);
  const epoch = nextEpoch();
  return Object.freeze({
    scheme,
    opens,
    challenge: () => undefined,
    // A payload means that the client sends real credentials under the wrong scheme, which must not look like success.
    fromHeader: (payload: string) => (payload === "" ? accepted : rejected),
    fromHandshake: (payload: Uint8Array) => (payload.length === 0 ? accepted : rejected),
    epoch: () => epoch,
    // What opened before a reload has the roles of now, or ends where the account is another one.
    recheck: ({ subject }: Identity) => (subject === accepted.identity.subject ? accepted.identity : undefined),
  } satisfies Handler<I>);
}
