import { readJsonPart, splitJws } from "../credentials/jws.js";
import { type DpopKey, readDpopKey } from "./dpop-key.js";

/** A parsed `DPoP` value (RFC 9449 §4.2). Its content is not verified until `isSigned()` returns `true`. */
export interface DpopProof {
  readonly jkt: string;
  readonly jti: string;
  readonly htm: string;
  readonly htu: string;
  /** Seconds since 1970, by the client's clock. */
  readonly iat: number;
  readonly ath: unknown;
  readonly nonce: string | undefined;
  /** Verifies the signature. It costs more than all other checks together, so call it last. */
  isSigned(): boolean;
}

/** The longest proof in characters. Key, URL, hash and nonce take under 1,000, unless the URL is long. */
const maxProofLength = 4_096;

/** The longest `jti` in characters. RFC 9449 §4.2 wants 96 random bits, which are 16 characters, or a UUID. */
const maxIdLength = 256;

/** How many headers are remembered: with their keys about 20 MB. A client's header is the same in all of its proofs. */
const maxKnownKeys = 10_000;

/**
 * Makes a parser of proofs. It remembers the headers of proofs whose signature was right: reading a key costs as much
 * as a verification.
 */
export function createDpopProofReader(): (value: string) => DpopProof | undefined {
  const known = new Map<string, DpopKey>();

  function remember(header: string, key: DpopKey): void {
    if (known.has(header)) return;
    if (known.size >= maxKnownKeys) known.delete(known.keys().next().value ?? "");
    known.set(header, key);
  }

  return function readProof(value) {
    const parts = value.length > maxProofLength ? undefined : splitJws(value);
    if (parts === undefined) return undefined;
    const key = known.get(parts.header) ?? readHeader(parts.header);
    const claims = key && readJsonPart(parts.payload);
    if (claims === undefined || key === undefined) return undefined;
    const { jti, htm, htu, iat, ath, nonce } = claims;
    if (typeof jti !== "string" || jti === "" || jti.length > maxIdLength) return undefined;
    if (typeof htm !== "string" || typeof htu !== "string" || typeof iat !== "number") return undefined;
    if (nonce !== undefined && typeof nonce !== "string") return undefined;
    return {
      jkt: key.jkt,
      jti,
      htm,
      htu,
      iat,
      ath,
      nonce,
      isSigned() {
        const signature = Buffer.from(parts.signature, "base64url");
        if (!key.verifies(`${parts.header}.${parts.payload}`, signature)) return false;
        remember(parts.header, key);
        return true;
      },
    };
  };
}

function readHeader(part: string): DpopKey | undefined {
  const header = readJsonPart(part);
  // RFC 8725 §3.11: no other kind of token passes for a proof. We understand no extension (RFC 7515 §4.1.11).
  if (header === undefined || header.typ !== "dpop+jwt" || "crit" in header) return undefined;
  return readDpopKey(header.alg, header.jwk);
}
