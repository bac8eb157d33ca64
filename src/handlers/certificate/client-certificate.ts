import { type Awaitable, adopt, after } from "../../base/awaitable.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import type { Identity } from "../../model/identity.js";
import { declined, type Handler, type HandlerContext, rejected, type Verdict } from "../handler.js";
import { type CertificateFields, readCertificate } from "./read-certificate.js";
import { type CertificateRule, compileRules } from "./rules.js";

/** What `clientCertificate` takes. */
export interface ClientCertificateOptions<I extends Identity> {
  /**
   * Whom a certificate stands for: rules, of which the first that fits decides, or a function, which returns the identity,
   * or `null`, `undefined` or `false` when it is nobody.
   */
  readonly rules:
    | readonly CertificateRule[]
    | ((certificate: CertificateFields) => Awaitable<I | null | undefined | false>);
  /** Clock. Default: the machine's. */
  readonly platform?: Platform;
}

/** By rules: who presented a certificate, and with which key. */
export interface ClientCertificateIdentity extends Identity {
  readonly roles: readonly string[];
  /** SHA-256 of the public key, as in `keys` of a rule. */
  readonly keySha256: string;
}

/**
 * Callers who prove who they are by a client certificate that TLS has verified. It comes with the connection, so there is
 * no `Authorization` field, nothing is opened, and nothing is said in `WWW-Authenticate`.
 *
 * That TLS verified it means only that an authority signed it. Who it is says a rule, and a certificate without one is
 * refused, on routes for anonymous callers too. A certificate of a *trusted proxy* says nothing of the caller behind it,
 * so it is declined.
 *
 * @throws {AuthError} `invalid_options`
 */
export function clientCertificate<I extends Identity = ClientCertificateIdentity>(
  options: ClientCertificateOptions<I>,
): Handler<I> {
  const { rules, platform = systemPlatform } = options;
  const toIdentity = typeof rules === "function" ? rules : (byRules(rules) as unknown as typeof rules & Decide<I>);
  // Reading one takes half a millisecond, and one object belongs to a connection.
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
      // TLS looked when the connection began, which may be days ago.
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

/** Once for each certificate: a rule may have a signature to check. */
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
