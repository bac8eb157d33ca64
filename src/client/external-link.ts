import { toBase64 } from "../wire/bytes.js";
import { externalKeyBytes, toCodeMessage, toExternalCode } from "../wire/external-code.js";

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
  const bytes = crypto.getRandomValues(new Uint8Array(externalKeyBytes));
  const key = toBase64(bytes);
  const digest = await crypto.subtle.digest("SHA-256", toCodeMessage(bytes));
  return {
    key,
    link: `${url.replace(/\/$/, "")}/login?key=${encodeURIComponent(key)}`,
    code: toExternalCode(new Uint8Array(digest)),
  };
}
