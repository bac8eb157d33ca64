import { AuthError } from "../errors.js";
import { type Platform, systemPlatform } from "../platform.js";
import type { Sessions } from "../sessions/sessions.js";
import type { GatewayConfig } from "./config.js";
import { openStore } from "./open-store.js";
import { createStateAuth } from "./state-auth.js";

/**
 * The sessions of a gateway, opened beside it: processes share an SQLite store, and the running gateway hears of ends.
 *
 * @throws {AuthError} `invalid_options` for a memory store, which only its own process can see.
 */
export function openSessions(
  config: GatewayConfig,
  platform: Platform = systemPlatform,
): { readonly sessions: Sessions; close(): Promise<void> } {
  if (config.store.kind === "memory") {
    throw new AuthError(
      "invalid_options",
      "the sessions of a memory store are in the running gateway only; configure store: { sqlite: PATH } to see them from here",
    );
  }
  return createStateAuth(config, openStore(config.store, platform), { platform });
}
