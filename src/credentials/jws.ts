import { fromUtf8 } from "../wire/bytes.js";
import { isBase64url } from "./base64.js";

/** The three parts of a compact JWS (RFC 7515 §7.1), as they were sent. */
export interface CompactJws {
  readonly header: string;
  readonly payload: string;
  readonly signature: string;
}

/**
 * Splits a compact JWS into its parts, strictly.
 *
 * @returns `undefined` unless there are three parts in base64url: `jose` accepts spaces and non-canonical tail bits, so
 *   that one token would have several spellings.
 */
export function splitJws(token: string): CompactJws | undefined {
  const parts = token.split(".", 4);
  if (parts.length !== 3 || !parts.every((part) => part !== "" && isBase64url(part))) return undefined;
  const [header = "", payload = "", signature = ""] = parts;
  return { header, payload, signature };
}

/** Reads the JSON object in a part; `undefined` when there is none. The signature has not been verified. */
export function readJsonPart(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(fromUtf8(Buffer.from(part, "base64url")) ?? "");
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
