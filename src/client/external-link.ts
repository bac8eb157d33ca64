/** A log-in that a browser finishes: see `createExternalLink`. */
export interface ExternalLink {
  /** For `client.external`. A secret until the log-in is over. */
  readonly key: string;
  /** Where to send the browser. It holds the key: show it to the person who logs in, and to nobody else. */
  readonly link: string;
  /** Show it beside the link: the page shows the same, or the link came from somebody else. */
  readonly code: string;
}

/**
 * Makes a key for one log-in by a browser.
 *
 * @param url where the server's pages are, such as `https://gate.example/external`
 */
export async function createExternalLink(url: string): Promise<ExternalLink> {
  const bytes = crypto.getRandomValues(new Uint8Array(96));
  const key = btoa(String.fromCharCode(...bytes));
  const label = new TextEncoder().encode("sallyport external code 1\0");
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array([...label, ...bytes])));
  const code = Array.from(digest.subarray(0, 8), (byte) => alphabet[byte & 31]).join("");
  return {
    key,
    link: `${url.replace(/\/$/, "")}/login?key=${encodeURIComponent(key)}`,
    code: `${code.slice(0, 4)}-${code.slice(4)}`,
  };
}

/** Crockford's base32, as `src/handlers/external/key.ts` has it. */
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
