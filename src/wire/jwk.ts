import { type Bytes, concat, fromBase64url } from "./bytes.js";
import { toSequence, toUnsigned } from "./der.js";
import { type ReadKey, readSpki, toSpki } from "./public-key.js";

/**
 * Reads a public JSON Web Key (RFC 7517): `OKP` with `Ed25519`, `EC` with `P-256` or `P-384`, `RSA`. The members about
 * its use are ignored; a private or a symmetric key is refused.
 */
export function readJwk(jwk: object): ReadKey {
  const members = new Map<string, unknown>(Object.entries(jwk));
  const kind = `${members.get("kty")} ${members.get("crv") ?? ""}`.trim();
  const bytesOf = (name: string): Bytes | undefined => {
    const value = members.get(name);
    return typeof value === "string" ? fromBase64url(value) : undefined;
  };
  if (members.has("d")) return { fault: "is a private key: keep it secret, and give its public half" };
  switch (kind) {
    case "OKP Ed25519": {
      const x = bytesOf("x");
      return x ? readSpki(toSpki("Ed25519", x)) : damaged;
    }
    case "EC P-256":
    case "EC P-384": {
      const [x, y] = [bytesOf("x"), bytesOf("y")];
      // RFC 7518 §6.2.1.2: each as long as the field, so that the two cannot be cut elsewhere.
      if (!x || x.length !== y?.length) return damaged;
      return readSpki(toSpki(kind === "EC P-256" ? "P-256" : "P-384", concat(Uint8Array.of(4), x, y)));
    }
    case "RSA": {
      const [n, e] = [bytesOf("n"), bytesOf("e")];
      return n && e ? readSpki(toSpki("RSA", toSequence(toUnsigned(n), toUnsigned(e)))) : damaged;
    }
    default:
      return { fault: "must be a JWK of kty OKP with Ed25519, EC with P-256 or P-384, or RSA" };
  }
}

const damaged: ReadKey = { fault: "is a JWK whose numbers are missing or no base64url" };
