import { AuthError } from "../../base/errors.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import type { Auth } from "../../engine/auth.js";
import type { Identity } from "../../model/identity.js";
import type { GatewayConfig } from "../config/config.js";
import { isSharedStore, openStore } from "../config/stores.js";
import { createStateAuth } from "./state-auth.js";

/**
 * Opens the store of a gateway for a command, also while the gateway runs: processes share an SQLite store, and the
 * gateway hears of the sessions that end.
 *
 * @throws {AuthError} `invalid_options` for a memory store, which only its own process can see.
 */
export function openForCli(
  config: GatewayConfig,
  platform: Platform = systemPlatform,
): Pick<Auth<Identity>, "sessions" | "throttle" | "close"> {
  if (!isSharedStore(config.store)) {
    throw new AuthError(
      "invalid_options",
      "what a memory store keeps is in the running gateway only; configure store: { sqlite: PATH } to reach it from here",
    );
  }
  return createStateAuth(config, openStore(config.store, platform), { platform });
}
