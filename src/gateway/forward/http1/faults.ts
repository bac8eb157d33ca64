/** What may be wrong with an answer; the words say it of the upstream, to operators. */
export const faults = {
  upstream_head_too_large: "answered with a header block above the limit",
  upstream_trailers_too_large: "answered with trailers above the limit",
  upstream_head_invalid: "answered with a header block that is no valid HTTP/1.1",
  upstream_framing_invalid: "answered with header fields that do not say clearly where the body ends",
  upstream_chunk_invalid: "sent a chunk that is no valid HTTP/1.1",
  upstream_trailers_invalid: "sent trailers that are no valid HTTP/1.1, or that belong in the header block",
  upstream_interim_flood: "sent interim answers without end",
  upstream_upgrade_unasked: "answered 101 to a request that did not ask for it",
  upstream_unframed_tls: "answered over TLS with neither a length nor chunks: whether the body is whole cannot be told",
  upstream_speaks_http2: "speaks HTTP/2; write its URL as h2c://…",
  upstream_speaks_tls: "speaks TLS; write its URL as https://…",
  upstream_speaks_no_http: "answered with something that is not HTTP/1.1",
} as const;

export type Fault = keyof typeof faults;

/** As many bytes tell which protocol it is. */
export const telling = 7;

/**
 * Returns why a text is not the beginning of an answer, or `undefined` while it may be.
 *
 * @param text the first bytes, one character for each
 */
export function judgeBeginning(text: string): Fault | undefined {
  const begin = "HTTP/1.";
  if (text.startsWith(begin) || begin.startsWith(text)) return undefined;
  // RFC 9113 §6.5: the first frame of a server is SETTINGS, type 4, and short. RFC 8446 §5.1: an alert is 21, 3, …
  if (text.startsWith("\0\0")) {
    if (text.length < telling) return undefined;
    return text[3] === "\x04" ? "upstream_speaks_http2" : "upstream_speaks_no_http";
  }
  if (text === "\0" || text === "\x15") return undefined;
  return text.startsWith("\x15\x03") ? "upstream_speaks_tls" : "upstream_speaks_no_http";
}
