import { toDescriptorText } from "../../base/out-of-descriptors.js";
import type { Failure } from "./exchange.js";

const untrusted =
  "has a certificate that no trusted authority has signed; if it is one of your own, name its file as tls.ca of the upstream, or in NODE_EXTRA_CA_CERTS";

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: "refused the connection",
  ECONNRESET: "broke off before the connection was open",
  ENOENT: "is not there: nothing has made this socket",
  EACCES: "may not be connected to by this process: look at the rights of the socket and its folders",
  EAI_AGAIN: "cannot be looked up: no name server answers",
  ENOTFOUND: "is a name that no name server knows",
  EHOSTUNREACH: "cannot be reached: no route to the host",
  ENETUNREACH: "cannot be reached: no route to the network",
  breaker_open:
    "took no connection several times in a row, and is tried once a second: see the line about it in the log",
  ETIMEDOUT: "accepted no connection in time",
  EMFILE: `could not be connected to: ${toDescriptorText("EMFILE")}`,
  ENFILE: `could not be connected to: ${toDescriptorText("ENFILE")}`,
  ERR_SSL_WRONG_VERSION_NUMBER: "does not speak TLS; write its URL as http://… or h2c://…",
  ERR_TLS_CERT_ALTNAME_INVALID: "has a certificate for another name",
  CERT_HAS_EXPIRED: "has a certificate that has expired",
  CERT_NOT_YET_VALID: "has a certificate that is not valid yet",
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
};

/**
 * A connection that could not be opened.
 *
 * @param where host and port of the upstream
 */
export function toUnavailable(error: NodeJS.ErrnoException, where: string): Failure {
  return {
    reason: "upstream_unavailable",
    code: codeOf(error),
    detail: `${where} ${describeUnavailable(error)}`,
    lost: "before_request",
  };
}

/** Says why a connection could not be opened, in words that follow host and port. */
export function describeUnavailable(error: NodeJS.ErrnoException): string {
  const code = codeOf(error);
  return words[code] ?? `could not be connected to (${code})`;
}

const codeOf = ({ code = "upstream_unavailable" }: NodeJS.ErrnoException): string => code;
