import { AuthError } from "../../base/errors.js";
import type { Platform } from "../../base/platform.js";

export interface FetchOptions {
  /** How long the whole answer may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly platform: Platform;
}

/** The largest document of a provider. Metadata have 2 to 8 KiB, and key sets of many keys with certificates 64. */
const maxBytes = 256 * 1024;

/**
 * Reads a JSON document of a provider. A redirect is not followed: it is no 200.
 *
 * @throws rejects with `AuthError` `unavailable`, worded to follow the address of the document, or with what `fetch` throws
 */
export async function fetchJson(address: string, { platform, timeoutMs }: FetchOptions): Promise<unknown> {
  const deadline = new AbortController();
  const cancel = platform.delay(timeoutMs, () => deadline.abort(), true);
  try {
    const headers = { accept: "application/json" };
    const response = await fetch(address, { headers, redirect: "manual", signal: deadline.signal });
    if (response.status !== 200) {
      void response.body?.cancel();
      throw new AuthError("unavailable", `answered ${response.status}`);
    }
    return JSON.parse(await readText(response)) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) throw new AuthError("unavailable", "did not answer with JSON");
    throw error;
  } finally {
    cancel();
  }
}

async function readText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > maxBytes) throw new AuthError("unavailable", `answered with more than ${maxBytes} bytes`);
  }
  return Buffer.concat(chunks).toString("utf8");
}
