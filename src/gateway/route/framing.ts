import type { NodeRequest } from "../../adapters/node/request.js";

/** How a request's body is delimited. Towards the upstream it is framed anew from this, never from the caller's bytes. */
export type Framing =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly length: string }
  | { readonly kind: "chunked" };

const none: Framing = Object.freeze({ kind: "none" });

const chunked: Framing = Object.freeze({ kind: "chunked" });

/** As many digits as a number holds exactly. */
const lengthForm = /^[0-9]{1,15}$/;

/**
 * The framing of a request's body, or `undefined`, to be answered with 400, when another server could see its end
 * elsewhere (RFC 9112 §6): both length fields, one of them twice, any coding but `chunked` alone. Node's parser refuses
 * most of these; it calls the handler for `Transfer-Encoding: xchunked` first.
 */
export function readFraming(request: NodeRequest): Framing | undefined {
  const { rawHeaders } = request;
  let length: string | undefined;
  let coding: string | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.length === 14 && name.toLowerCase() === "content-length") {
      if (length !== undefined) return undefined;
      length = rawHeaders[index + 1] as string;
    } else if (name.length === 17 && name.toLowerCase() === "transfer-encoding") {
      if (coding !== undefined) return undefined;
      coding = rawHeaders[index + 1] as string;
    }
  }
  if (length !== undefined && !lengthForm.test(length)) return undefined;
  if (coding !== undefined) {
    // HTTP/1.0 knows no transfer codings, so a proxy in front may have framed it otherwise.
    const clear = length === undefined && coding.toLowerCase() === "chunked" && request.httpVersion === "1.1";
    return clear ? chunked : undefined;
  }
  if ("stream" in request) {
    if (request.stream.endAfterHeaders) return none;
    return length === undefined ? chunked : { kind: "length", length };
  }
  return length === undefined || Number(length) === 0 ? none : { kind: "length", length };
}
