/** The key and link of a log-in by a browser: see `createExternalLink`. */
export interface ExternalLink {
  /** The key for `client.external`, which is secret until the log-in is over. */
  readonly key: string;
  /** The URL to open in the browser. It holds the key, so show it only to the person who logs in. */
  readonly link: string;
  /** The code to show beside the link. The page must show the same code; otherwise the link is not from this client. */
  readonly code: string;
}

/**
 * Makes a key for one log-in by a browser.
 *
 * @param url the URL of the server's pages, such as `https://gate.example/external`
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

/** Crockford's base32, as in `src/handlers/external/key.ts`. */
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
