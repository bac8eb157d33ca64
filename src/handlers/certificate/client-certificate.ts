import { type Awaitable, adopt, after } from "../../base/awaitable.js";
import { nextEpoch } from "../../base/epoch.js";
import { AuthError } from "../../base/errors.js";
import { type OptionKinds, requireOptions } from "../../base/options.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import { toFrozen } from "../../model/frozen-copy.js";
import type { Identity } from "../../model/identity.js";
import { declined, type Handler, type HandlerContext, rejected, type Verdict } from "../handler.js";
import { type ForwardedCertificateField, forwardedReaders } from "./forwarded-certificate.js";
import { type CertificateFields, readCertificate } from "./read-certificate.js";
import { type CertificateNames, type CertificateRule, compileRules } from "./rules.js";

/** Options of `clientCertificate`. */
export interface ClientCertificateOptions<I extends Identity> {
  /**
   * How to map a certificate to an identity: rules, of which the first that matches decides, or a function that returns
   * the identity, or `null`, `undefined` or `false` to reject the certificate (401).
   */
  readonly rules:
    | readonly CertificateRule[]
    | ((certificate: CertificateFields) => Awaitable<I | null | undefined | false>);
  /**
   * The field in which trusted proxies forward the certificate of their client, after they have verified it: `Client-Cert`
   * (RFC 9440), or Envoy's `X-Forwarded-Client-Cert` with `Cert`. It counts from a trusted proxy only, which must remove the
   * field of its clients. Default: none, and the callers behind a proxy have no certificate.
   */
  readonly forwarded?: ForwardedCertificateField | undefined;
  /** The clock. Default: the machine's. */
  readonly platform?: Platform;
}

const clientCertificateKinds: OptionKinds<ClientCertificateOptions<Identity>> = {
  rules: "any",
  forwarded: "any",
  platform: "object",
};

/** The identity that rules give to a certificate. */
export interface ClientCertificateIdentity extends Identity {
  readonly roles: readonly string[];
  /** SHA-256 of the public key, as in `keys` of a rule. */
  readonly keySha256: string;
  /**
   * The names of the certificate, by which rules decide again; absent where they are longer than 2,048 characters as JSON,
   * since an upstream gets the identity in a header field, and from sessions of an earlier version.
   */
  readonly names?: CertificateNames | undefined;
}

/**
 * Authenticates callers by the client certificate that TLS has verified. The certificate belongs to the connection, so
 * there is no `Authorization` field, no session is opened, and `WWW-Authenticate` has no challenge for it.
 *
 * TLS has only verified that an authority signed the certificate. A rule maps it to an identity; a certificate that
 * matches no rule is refused, on routes for anonymous callers too. The certificate of a *trusted proxy* does not
 * identify the caller behind it, so it is declined; the one that it forwards counts with `forwarded`.
 *
 * @throws {AuthError} `invalid_options` for unusable rules, or another field
 */
export function clientCertificate<I extends Identity = ClientCertificateIdentity>(
  options: ClientCertificateOptions<I>,
): Handler<I> {
  requireOptions("clientCertificate", options, clientCertificateKinds);
  const { rules, forwarded, platform = systemPlatform } = options;
  const decide = typeof rules === "function" ? byFunction(rules) : (byRules(rules) as unknown as Decide<I>);
  const readForwarded = forwarded === undefined ? undefined : createForwardedReader(forwarded);
  // Reading a certificate takes half a millisecond, and each connection has one object for it.
  const known = new WeakMap<Uint8Array, CertificateFields | false>();

  function read(der: Uint8Array): CertificateFields | false {
    const found = known.get(der) ?? readCertificate(der) ?? false;
    known.set(der, found);
    return found;
  }

  /** Returns the caller's certificate; `undefined` when there is none, `false` when it cannot be used. */
  function certificateOf({ peer, forwarded: lines = [] }: HandlerContext): CertificateFields | false | undefined {
    if (!peer.trusted) return peer.certificate && read(peer.certificate);
    return lines.length === 0 ? undefined : readForwarded?.(lines);
  }

  return Object.freeze({
    scheme: "ClientCertificate",
    carrier: "certificate",
    ...(forwarded !== undefined && { forwardedIn: forwarded.toLowerCase() }),
    opens: "nothing",
    challenge: () => undefined,
    fromHeader(payload: string, context: HandlerContext): Awaitable<Verdict<I>> {
      if (payload !== "") return rejected;
      const certificate = certificateOf(context);
      if (certificate === undefined) return declined;
      if (certificate === false) return rejected;
      const { expiresAt } = certificate;
      // TLS checked the validity when the connection began, which may be days ago.
      if (expiresAt <= platform.now()) return rejected;
      return after(decide.find(certificate), (found) => (found ? { kind: "accepted", ...found, expiresAt } : rejected));
    },
    ...decide.again,
  } satisfies Handler<I>);
}

/** How many forwarded certificates are remembered: each takes some 10 KiB. */
const maxRemembered = 500;

/**
 * Makes the reader of forwarded certificates. It remembers what it has read, since the field comes with every request; only
 * trusted proxies can fill its memory.
 */
function createForwardedReader(
  field: ForwardedCertificateField,
): (lines: readonly string[]) => CertificateFields | false {
  const readLines = forwardedReaders.get(field);
  if (readLines === undefined) {
    const names = [...forwardedReaders.keys()].join(" or ");
    throw new AuthError("invalid_options", `clientCertificate: forwarded must be ${names}`);
  }
  const known = new Map<string, CertificateFields | false>();
  return (lines) => {
    const key = lines.join("\n");
    let found = known.get(key);
    if (found === undefined) {
      const der = readLines(lines);
      found = (der && readCertificate(der)) ?? false;
      if (known.size >= maxRemembered) known.clear();
      known.set(key, found);
    }
    return found;
  };
}

/**
 * The longest names that an identity keeps, in characters of JSON: an upstream gets them in a header block, of which many
 * servers take no more than 8 kB. A certificate may have hundreds of names.
 */
const maxNamesLength = 2_048;

/** Decides on certificates, and again about those that were let in. */
interface Decide<I extends Identity> {
  find(certificate: CertificateFields): Awaitable<{ readonly identity: I; readonly via?: string } | false>;
  readonly again?: Required<Pick<Handler<I>, "recheck" | "epoch">>;
}

function byFunction<I extends Identity>(
  toIdentity: (certificate: CertificateFields) => Awaitable<I | null | undefined | false>,
): Decide<I> {
  return {
    find: (certificate) =>
      after(adopt(toIdentity(certificate)), (identity) =>
        identity === null || identity === undefined || identity === false ? false : { identity },
      ),
  };
}

/** Decides by rules, once for each certificate: a rule may have to check a signature. */
function byRules(rules: readonly CertificateRule[]): Decide<ClientCertificateIdentity> {
  const compiled = compileRules(rules);
  const decided = new WeakMap<CertificateFields, ReturnType<typeof decide>>();
  const epoch = nextEpoch();

  function decide(certificate: CertificateFields) {
    const found = compiled.find(certificate);
    if (found === undefined) return false;
    const { via, ...identity } = found;
    const { keySha256, subject, dns, uri, email } = certificate;
    const names = { subject: Object.fromEntries(subject), dns, uri, email };
    const kept = JSON.stringify(names).length <= maxNamesLength ? { names } : {};
    return { identity: toFrozen({ ...identity, keySha256, ...kept }), via };
  }

  return {
    find(certificate) {
      const found = decided.get(certificate) ?? decide(certificate);
      decided.set(certificate, found);
      return found;
    },
    again: {
      epoch: () => epoch,
      /** The certificate itself is not there: what was kept of it is decided by the rules of now. */
      recheck(identity, { via }) {
        const { names, keySha256 } = identity;
        if (via === undefined) return identity; // a session of an earlier version, which cannot be told
        if (names === undefined) {
          const roles = compiled.rolesOf(via, keySha256);
          return roles && { ...identity, roles };
        }
        const found = compiled.findAgain(names, keySha256, via);
        return found?.subject === identity.subject && { ...identity, roles: found.roles };
      },
    },
  };
}
