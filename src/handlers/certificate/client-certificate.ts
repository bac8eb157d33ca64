import { type Awaitable, adopt, after } from "../../base/awaitable.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import type { Identity } from "../../model/identity.js";
import { declined, type Handler, type HandlerContext, rejected, type Verdict } from "../handler.js";
import { type CertificateFields, readCertificate } from "./read-certificate.js";
import { type CertificateRule, compileRules } from "./rules.js";

/** Options of `clientCertificate`. */
export interface ClientCertificateOptions<I extends Identity> {
  /**
   * How to map a certificate to an identity: rules, of which the first that matches decides, or a function that returns
   * the identity, or `null`, `undefined` or `false` to reject the certificate (401).
   */
  readonly rules:
    | readonly CertificateRule[]
    | ((certificate: CertificateFields) => Awaitable<I | null | undefined | false>);
  /** The clock. Default: the machine's. */
  readonly platform?: Platform;
}

/** The identity that rules give to a certificate. */
export interface ClientCertificateIdentity extends Identity {
  readonly roles: readonly string[];
  /** SHA-256 of the public key, as in `keys` of a rule. */
  readonly keySha256: string;
}

/**
 * Authenticates callers by the client certificate that TLS has verified. The certificate belongs to the connection, so
 * there is no `Authorization` field, no session is opened, and `WWW-Authenticate` has no challenge for it.
 *
 * TLS has only verified that an authority signed the certificate. A rule maps it to an identity; a certificate that
 * matches no rule is refused, on routes for anonymous callers too. The certificate of a *trusted proxy* does not
 * identify the caller behind it, so it is declined.
 *
 * @throws {AuthError} `invalid_options` for unusable rules
 */
export function clientCertificate<I extends Identity = ClientCertificateIdentity>(
  options: ClientCertificateOptions<I>,
): Handler<I> {
  const { rules, platform = systemPlatform } = options;
  const toIdentity = typeof rules === "function" ? rules : (byRules(rules) as unknown as typeof rules & Decide<I>);
  // Reading a certificate takes half a millisecond, and each connection has one object for it.
  const known = new WeakMap<Uint8Array, CertificateFields | false>();

  function read(der: Uint8Array): CertificateFields | false {
    const found = known.get(der) ?? readCertificate(der) ?? false;
    known.set(der, found);
    return found;
  }

  return Object.freeze({
    scheme: "ClientCertificate",
    carrier: "certificate",
    opens: "nothing",
    challenge: () => undefined,
    fromHeader(payload: string, { peer }: HandlerContext): Awaitable<Verdict<I>> {
      if (payload !== "") return rejected;
      if (peer.certificate === undefined || peer.trusted) return declined;
      const certificate = read(peer.certificate);
      if (certificate === false) return rejected;
      const { expiresAt } = certificate;
      // TLS checked the validity when the connection began, which may be days ago.
      if (expiresAt <= platform.now()) return rejected;
      return after(adopt(toIdentity(certificate)), (identity) =>
        identity === null || identity === undefined || identity === false
          ? rejected
          : { kind: "accepted", identity, expiresAt },
      );
    },
  } satisfies Handler<I>);
}

type Decide<I> = (certificate: CertificateFields) => Awaitable<I | null | undefined | false>;

/** Decides by rules, once for each certificate: a rule may have to check a signature. */
function byRules(rules: readonly CertificateRule[]): Decide<ClientCertificateIdentity> {
  const subjectOf = compileRules(rules);
  const decided = new WeakMap<CertificateFields, ClientCertificateIdentity | false>();
  return (certificate) => {
    const before = decided.get(certificate);
    if (before !== undefined) return before;
    const found = subjectOf(certificate);
    const identity = found !== undefined && Object.freeze({ ...found, keySha256: certificate.keySha256 });
    decided.set(certificate, identity);
    return identity;
  };
}
