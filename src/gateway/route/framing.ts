import { several, soleOf } from "../../model/raw-headers.js";
import { type Ambiguity, ambiguities } from "./ambiguity.js";

/**
 * How a request's body is delimited. The upstream's request is framed anew from this, never from the caller's fields.
 */
export type Framing =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly length: string }
  | { readonly kind: "chunked" };

/** The parts of a request that delimit its body. Node's requests of HTTP/1 and HTTP/2 fit. */
export interface FramingSource {
  readonly httpVersion: string;
  readonly rawHeaders: readonly string[];
  /** HTTP/2's. */
  readonly stream?: { readonly endAfterHeaders: boolean } | undefined;
}

/** No body. */
export const none: Framing = Object.freeze({ kind: "none" });

const chunked: Framing = Object.freeze({ kind: "chunked" });

/** A length with as many digits as a number holds exactly. */
const lengthForm = /^[0-9]{1,15}$/;

/**
 * Returns the framing of a request's body, or an ambiguity, to be answered with 400, when another server could find its
 * end elsewhere (RFC 9112 §6): both length fields, one of them twice, any coding but `chunked` alone. Node's parser
 * refuses most of these; it calls the handler for `Transfer-Encoding: xchunked` first.
 */
export function readFraming(request: FramingSource): Framing | Ambiguity {
  const { rawHeaders } = request;
  const length = soleOf(rawHeaders, "content-length");
  const coding = soleOf(rawHeaders, "transfer-encoding");
  if (length === several) return ambiguities.twoLengths;
  if (coding === several) return ambiguities.twoCodings;
  if (length !== undefined && !lengthForm.test(length)) return ambiguities.length;
  if (coding !== undefined) {
    if (length !== undefined) return ambiguities.lengthAndCoding;
    if (coding.toLowerCase() !== "chunked") return ambiguities.coding;
    // HTTP/1.0 has no transfer codings, so a proxy in front may have framed the body differently.
    return request.httpVersion === "1.1" ? chunked : ambiguities.codingVersion;
  }
  if (request.stream !== undefined) {
    if (request.stream.endAfterHeaders) return none;
    return length === undefined ? chunked : { kind: "length", length };
  }
  return length === undefined || Number(length) === 0 ? none : { kind: "length", length };
}
