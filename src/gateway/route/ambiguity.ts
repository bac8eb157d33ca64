/**
 * Why a request has no single meaning: servers could disagree about what it asks for. The words are for operators, in the
 * log and in `sallyport explain`; a caller gets only `bad_request`. None holds a value of the request, which may be secret.
 */
export interface Ambiguity {
  readonly kind: "ambiguous";
  readonly detail: string;
}

export function isAmbiguous<T>(read: T | Ambiguity): read is Ambiguity {
  return typeof read === "object" && read !== null && "kind" in read && read.kind === "ambiguous";
}

/** The only copy of the words. */
const words = {
  method: "the method is no word of capital letters",
  tunnel: "the method is CONNECT, which asks for a tunnel, or TRACE, which would show the gateway's fields",
  noHost: "there is no Host field",
  twoHosts: "there are two Host fields",
  host: "the Host is no plain name or address with a port: user information, percent signs, empty labels, and numbers that are no IPv4 address in its usual form are refused",
  hostsDiffer: ":authority and Host name different hosts",
  targetForm: "the target does not begin with a slash: a whole URL and * are refused",
  strayPercent: "the path holds % without two hexadecimal digits",
  semicolon: "the path holds ;",
  backslash: "the path holds a backslash",
  fragment: "the target holds #",
  pathCharacter: "the path holds a character that must be encoded, such as a space",
  encodedSlash: "the path holds %2F, an encoded /",
  encodedBackslash: "the path holds %5C, an encoded backslash",
  encodedSemicolon: "the path holds %3B, an encoded ;",
  encodedMark: "the path holds %3F, an encoded ?",
  encodedFragment: "the path holds %23, an encoded #",
  encodedControl: "the path holds an encoded control character",
  encodedTwice: "the path is encoded twice: it holds %25 before two hexadecimal digits",
  notUtf8: "the path holds encoded octets that are not UTF-8",
  emptySegment: "the path holds //",
  dotSegment: "the path holds . or .. as a segment, perhaps encoded",
  query: "the query holds a character that must be encoded, such as a space",
  twoLengths: "there are two Content-Length fields",
  twoCodings: "there are two Transfer-Encoding fields",
  length: "Content-Length is no number of 15 digits at most",
  lengthAndCoding: "there are Content-Length and Transfer-Encoding",
  coding: "Transfer-Encoding is another than chunked",
  codingVersion: "Transfer-Encoding comes over another version than HTTP/1.1",
  maxForwards: "Max-Forwards is no number, or there are two",
  upgradeBody: "a request for a WebSocket has a body",
} as const;

/** Each way in which a request is ambiguous, by the part of it. */
export const ambiguities: Readonly<Record<keyof typeof words, Ambiguity>> = Object.freeze(
  Object.fromEntries(
    Object.entries(words).map(([name, detail]) => [name, Object.freeze({ kind: "ambiguous", detail })]),
  ),
) as Readonly<Record<keyof typeof words, Ambiguity>>;
