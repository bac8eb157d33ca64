import { type Bytes, fromBase64, toBase64 } from "./bytes.js";

/** A PEM block. */
export interface PemBlock {
  /** The label, such as `PUBLIC KEY`. */
  readonly label: string;
  readonly der: Bytes;
}

/**
 * Reads the one block of a PEM text (RFC 7468 §3) with only blank lines around it. Returns `undefined` for any other
 * text: several blocks, headers inside (RFC 1421, which old encrypted keys have), bad base64.
 */
export function parsePem(text: string): PemBlock | undefined {
  const match = /^\s*-----BEGIN ([A-Z0-9 ]+)-----\r?\n([A-Za-z0-9+/=\r\n]+?)\r?\n?-----END \1-----\s*$/.exec(text);
  const [, label, body] = match ?? [];
  const der = body === undefined ? undefined : fromBase64(body.replace(/\r?\n/g, ""));
  return label === undefined || der === undefined ? undefined : { label, der };
}

/**
 * Writes a PEM block.
 *
 * @param width characters per line. Default: 64 (RFC 7468 §2); OpenSSH writes 70
 */
export function toPem(label: string, der: Uint8Array, width = 64): string {
  const lines = toBase64(der).match(new RegExp(`.{1,${width}}`, "g")) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
