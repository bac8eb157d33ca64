import { AuthError } from "../base/errors.js";
import { basicChallenge, quoteString, requireChallenge } from "../credentials/challenge.js";
import { token } from "../credentials/grammar.js";
import type { Identity } from "../model/identity.js";
import { maxLoginMs } from "../model/session.js";
import type { Handler } from "./handler.js";
import { requireOwnHeader, toOwnHeaders } from "./own-header.js";

/** The identity type that a handler, or a union of handlers, gives to the route. */
export type IdentityOf<H> = H extends Handler<infer I> ? I : never;

/** The handlers by scheme. It never changes. */
export interface HandlerTable<I extends Identity = Identity> {
  /** Returns the handler of a scheme. The scheme is in lower case, as the extractor returns it. */
  get(scheme: string): Handler<I> | undefined;
  /** The handler that decides by the client certificate. */
  readonly byCertificate: Handler<I> | undefined;
  /** The headers that carry credentials beside `Authorization`: names in lower case, each with its scheme. */
  readonly headers: ReadonlyMap<string, string>;
  /** The schemes in lower case, in the order of the handlers. */
  readonly schemes: readonly string[];
  /** Maps each scheme as its handler spells it, and each alias, to the scheme in lower case. */
  readonly names: ReadonlyMap<string, string>;
  /**
   * Returns the scheme in lower case for a name in a request. An alias must match exactly; a scheme matches in any
   * case.
   */
  schemeOf(name: string): string;
  /**
   * Returns the handlers' `WWW-Authenticate` challenges, one each, in the order of the handlers. A handler for `Bearer`
   * adds none: the session manager's challenge already names the scheme.
   *
   * Call it when the engine starts, so that a malformed challenge is found then.
   *
   * @param options.script leave out the schemes for which a browser opens a dialog of its own
   * @throws {AuthError} `invalid_options` when a handler's challenge is malformed.
   */
  challenges(realm: string, options: { readonly script: boolean }): readonly string[];
}

const schemeShape = new RegExp(`^${token}$`);

/** Browsers answer these by a dialog, or with the credentials of the user who is logged in to the machine. */
const browserSchemes: ReadonlySet<string> = new Set(["basic", "digest", "ntlm", "negotiate"]);

/**
 * Makes the table of handlers by scheme. It is a `Map`, so that a scheme called `constructor` finds nothing.
 *
 * @param aliases further names of schemes, each with its scheme. Default: none
 * @throws {AuthError} `invalid_options` for an empty list, two handlers for one scheme, or an unusable handler or
 *   alias. The message says what to do.
 */
export function createHandlerTable<H extends Handler<Identity>>(
  handlers: readonly H[],
  aliases: Readonly<Record<string, string>> = {},
): HandlerTable<IdentityOf<H>> {
  if (!Array.isArray(handlers) || handlers.length === 0) {
    refuse("handlers is empty, so no caller could ever log in. Add one, such as basic({ verify })");
  }
  const table = new Map<string, Handler<IdentityOf<H>>>();
  for (const handler of handlers) {
    requireHandler(handler);
    const scheme = handler.scheme.toLowerCase();
    if (table.has(scheme)) {
      refuse(
        `Two handlers answer for the scheme ${handler.scheme} (case does not count). ` +
          `Remove one, or set the order with chain("${handler.scheme}", [first, second])`,
      );
    }
    // `H` is the union of the handlers; each of them yields a part of the identity union.
    table.set(scheme, handler as unknown as Handler<IdentityOf<H>>);
  }
  const names = new Map([...table].map(([scheme, handler]) => [handler.scheme, scheme]));
  for (const [alias, scheme] of Object.entries(aliases)) {
    requireAlias(alias, scheme, table);
    names.set(alias, scheme.toLowerCase());
  }
  const byCertificate = [...table.values()].filter(({ carrier }) => carrier === "certificate");
  if (byCertificate.length > 1) refuse("Two handlers decide by the client certificate. Remove one");
  return Object.freeze({
    byCertificate: byCertificate[0],
    headers: toOwnHeaders(table.values()),
    get: (scheme: string) => table.get(scheme),
    names,
    schemeOf: (name: string) => names.get(name) ?? name.toLowerCase(),
    schemes: Object.freeze([...table.keys()]),
    challenges(realm: string, { script }: { readonly script: boolean }) {
      const challenges: string[] = [];
      for (const [scheme, handler] of table) {
        // TLS asks for a certificate; no header carries it.
        if (handler.carrier === "certificate") continue;
        if (scheme === "bearer" || (script && browserSchemes.has(scheme))) continue;
        const challenge = handler.challenge ? handler.challenge(realm) : defaultChallenge(handler.scheme, realm);
        if (challenge !== undefined) challenges.push(requireChallenge(challenge, handler.scheme));
      }
      return challenges;
    },
  });
}

function requireAlias(alias: string, scheme: string, table: ReadonlyMap<string, unknown>): void {
  if (!schemeShape.test(alias)) refuse(`The alias ${JSON.stringify(alias)} is not a token (RFC 9110 §5.6.2)`);
  if (table.has(alias.toLowerCase())) refuse(`The alias ${alias} has a handler of its own. Remove one of the two`);
  if (typeof scheme !== "string" || !table.has(scheme.toLowerCase())) {
    refuse(`The alias ${alias} stands for ${String(scheme)}, for which there is no handler`);
  }
}

function defaultChallenge(scheme: string, realm: string): string {
  return scheme.toLowerCase() === "basic" ? basicChallenge(realm) : `${scheme} realm=${quoteString(realm)}`;
}

function requireHandler(handler: Handler): void {
  if (typeof handler !== "object" || handler === null || typeof handler.scheme !== "string") {
    refuse("Each element of handlers must be an object with a scheme, such as basic({ verify }) returns");
  }
  if (!schemeShape.test(handler.scheme)) {
    refuse(
      `The scheme ${JSON.stringify(handler.scheme)} is not a token (RFC 9110 §5.6.2). ` +
        "Use letters, digits and any of ! # $ % & ' * + - . ^ _ ` | ~",
    );
  }
  if (typeof handler.fromHeader !== "function" && typeof handler.fromHandshake !== "function") {
    refuse(`The handler for ${handler.scheme} has no method that decides. Give it fromHeader, fromHandshake or both`);
  }
  if (handler.opens !== "session" && handler.opens !== "nothing") {
    refuse(`The handler for ${handler.scheme} must have opens: "session" or "nothing"`);
  }
  const { timeoutMs = 1 } = handler;
  if (!(timeoutMs > 0 && timeoutMs <= maxLoginMs)) {
    refuse(`timeoutMs of the handler for ${handler.scheme} must be more than 0 and at most ${maxLoginMs} milliseconds`);
  }
  requireOwnHeader(handler, `The handler for ${handler.scheme}`);
  if (handler.header !== undefined && typeof handler.fromHeader !== "function") {
    refuse(`The handler for ${handler.scheme} has a header, ${handler.header}, so it needs fromHeader`);
  }
  if (handler.carrier === "certificate" && typeof handler.fromHeader !== "function") {
    refuse(`The handler for ${handler.scheme} decides by the client certificate, so it needs fromHeader`);
  }
}

function refuse(message: string): never {
  throw new AuthError("invalid_options", message);
}
