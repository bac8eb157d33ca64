import { ignoreFailure } from "../../base/awaitable.js";
import { AuthError } from "../../base/errors.js";
import type { Platform } from "../../base/platform.js";
import { fetchJson } from "./fetch-json.js";
import { requireSecureUrl } from "./jwt-keys.js";
import type { Kept, KnownMetadata } from "./kept.js";
import type { ProviderHealth } from "./provider-health.js";
import type { ProviderMetadata } from "./provider-metadata.js";

export interface DiscoveryOptions {
  /** The handler's name, for messages. */
  readonly name: string;
  readonly issuer: string;
  readonly timeoutMs: number;
  readonly platform: Platform;
  /** Called with the reason why the provider cannot be asked, once until the reason changes, and when it can again. */
  readonly onWarning: (message: string) => void;
  /** What an earlier handler for the same issuer knows. */
  readonly kept?: Kept<KnownMetadata> | undefined;
  /** Is told how readings end. */
  readonly health?: ProviderHealth | undefined;
}

/**
 * How old the metadata may be. Providers change theirs between releases, so an hour is often enough, and no call waits
 * for it.
 */
const maxAgeMs = 3_600_000;

/** The shortest interval between attempts, so that an issuer that is down is not asked for every token. */
const retryMs = 1_000;

/** The same while there is an old document. */
const refreshMs = 30_000;

/**
 * Makes the function that returns a provider's metadata. It reads `<issuer>/.well-known/openid-configuration` when it
 * is first needed, and again after an hour, while calls still use the old document, with an attempt every 30 seconds. An old
 * one is good as long as no new one comes: how long the keys are good that it names is a matter of their own. Until there is
 * one, the function rejects, with one attempt at a time, a second after the one before has failed: the call that begins it
 * waits for it.
 *
 * The document must name exactly the configured issuer (§4.3): otherwise another tenant of the same host could sign for
 * it.
 *
 * @throws {AuthError} `invalid_options` unless the issuer is an https URL
 */
export function createDiscovery(options: DiscoveryOptions): () => Promise<ProviderMetadata> {
  const { name, issuer, platform, onWarning, kept, health } = options;
  const { search, hash } = requireSecureUrl(`${name}: issuer`, issuer);
  if (search !== "" || hash !== "") throw new AuthError("invalid_options", `${name}: issuer must have no query`);
  const address = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  let known: KnownMetadata | undefined;
  let hasTaken = kept === undefined;
  let attempt: Promise<ProviderMetadata> | undefined;
  let attemptAt = Number.NEGATIVE_INFINITY;
  let warned: string | undefined;

  async function read(): Promise<ProviderMetadata> {
    health?.tell("metadata", "asked");
    try {
      const metadata = requireMetadata(await fetchJson(address, options), issuer);
      // The same object while nothing has changed, so that callers keep what they made from it.
      const same = JSON.stringify(known?.metadata) === JSON.stringify(metadata);
      known = { metadata: same && known ? known.metadata : metadata, at: platform.monotonic() };
      health?.tell("metadata", "answered");
      if (warned !== undefined) ignoreFailure(() => onWarning(`${name}: ${address} answers again`));
      warned = undefined;
      return known.metadata;
    } catch (error) {
      attemptAt = platform.monotonic();
      health?.tell("metadata", "failed");
      const message = `${name}: ${address} ${error instanceof AuthError ? error.message : "cannot be reached"}`;
      const rest = known === undefined ? "its tokens and log-ins get 503" : "what it said last stays in use";
      if (message !== warned) ignoreFailure(() => onWarning(`${message}; ${rest}`));
      warned = message;
      throw new AuthError("unavailable", message);
    }
  }

  /** Later than at the start: a handler of a configuration that is refused must not take over. */
  function takeOver(kept: Kept<KnownMetadata>): void {
    hasTaken = true;
    known = kept.take();
    kept.keepBy(() => known);
  }

  return async () => {
    if (!hasTaken && kept !== undefined) takeOver(kept);
    const now = platform.monotonic();
    if (known !== undefined && now - known.at < maxAgeMs) return known.metadata;
    const isOurs = attempt === undefined && now - attemptAt >= (known === undefined ? retryMs : refreshMs);
    if (isOurs) {
      attemptAt = now;
      attempt = read().finally(() => {
        attempt = undefined;
      });
      attempt.catch(() => {});
    }
    if (known !== undefined) return known.metadata;
    if (attempt === undefined || (!isOurs && warned !== undefined)) {
      throw new AuthError("unavailable", `${name}: ${address} was asked for just now`);
    }
    return attempt;
  };
}

/**
 * Checks a metadata document and returns it.
 *
 * @throws {AuthError} `unavailable` or `invalid_options`; the message is worded to follow the address of the document
 */
export function requireMetadata(document: unknown, issuer: string): ProviderMetadata {
  const metadata = document as Partial<ProviderMetadata> | null;
  if (metadata?.issuer !== issuer) {
    throw new AuthError("unavailable", "names another issuer; configure the one that it names, to the last slash");
  }
  if (typeof metadata.jwks_uri !== "string") throw new AuthError("unavailable", "names no jwks_uri");
  const { protocol } = requireSecureUrl("names a jwks_uri that", metadata.jwks_uri);
  // A remote provider must not make us send requests to a service of this machine.
  if (protocol !== "https:" && new URL(issuer).protocol === "https:") {
    throw new AuthError("unavailable", "names a jwks_uri that must be https, as it is itself");
  }
  return Object.freeze(metadata) as ProviderMetadata;
}
