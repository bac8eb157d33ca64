import { createHmac, timingSafeEqual } from "node:crypto";
import type { Platform } from "../../base/platform.js";
import { isBase64url } from "../../credentials/base64.js";

/**
 * One visit of a browser to the provider. The server does not store it: `state` carries it, bound to a secret in the
 * browser's cookie, and verifier and nonce are computed from both. So an anonymous visit takes no memory, any node can
 * continue it, and no secret is at rest.
 */
export interface ExternalFlow {
  /** The `state` parameter (RFC 6749 §10.12). It cannot be made without the browser's secret. */
  readonly state: string;
  /** The name of the log-in: see `ExternalKey`. */
  readonly keyName: string;
  readonly code: string;
  /** The code verifier (RFC 7636 §4.1). */
  readonly verifier: string;
  /** The nonce (OpenID Connect Core §3.1.2.1). */
  readonly nonce: string;
}

/** How long a person may take at the provider, in milliseconds. */
export const flowMs = 600_000;

const secretBytes = 32;

const saltBytes = 16;

const separator = ".";

/** How far the clocks of two nodes may differ. */
const clockToleranceMs = 60_000;

/** Makes a secret for a browser that has none. */
export function createBrowserSecret(platform: Platform): string {
  return Buffer.from(platform.random(secretBytes)).toString("base64url");
}

/** Whether a cookie's value has the form of a browser's secret. */
export function isBrowserSecret(text: string | undefined): text is string {
  return text !== undefined && text.length === 43 && isBase64url(text);
}

export function createFlow(
  secret: string,
  key: { readonly name: string; readonly code: string },
  platform: Platform,
): ExternalFlow {
  const salt = Buffer.from(platform.random(saltBytes)).toString("base64url");
  const content = [salt, platform.now().toString(36), key.name, key.code].join(separator);
  return toFlow(secret, content, key);
}

/**
 * Reads a flow from `state`.
 *
 * @returns `undefined` when `state` was made for another browser, is forged, or is older than `flowMs`
 */
export function readFlow(secret: string, state: string, platform: Platform): ExternalFlow | undefined {
  const [salt = "", at = "", name = "", code = "", mac = "", more] = state.split(separator, 6);
  if (more !== undefined) return undefined;
  const flow = toFlow(secret, [salt, at, name, code].join(separator), { name, code });
  const expected = Buffer.from(flow.state.slice(-mac.length));
  const presented = Buffer.from(mac);
  if (mac.length !== 43 || presented.length !== expected.length || !timingSafeEqual(presented, expected)) {
    return undefined;
  }
  const age = platform.now() - Number.parseInt(at, 36);
  return age > -clockToleranceMs && age < flowMs ? flow : undefined;
}

function toFlow(secret: string, content: string, key: { readonly name: string; readonly code: string }): ExternalFlow {
  const derive = (what: string): string =>
    createHmac("sha256", secret).update(`sallyport external ${what} 1\0${content}`).digest("base64url");
  const state = [content, derive("state")].join(separator);
  return { state, keyName: key.name, code: key.code, verifier: derive("verifier"), nonce: derive("nonce") };
}
