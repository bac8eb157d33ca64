import { AuthError } from "../../base/errors.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import type { Auth } from "../../engine/auth.js";
import type { Identity } from "../../model/identity.js";
import type { GatewayConfig } from "../config/config.js";
import { isSharedStore, openStore } from "../config/stores.js";
import { createStateAuth } from "./state-auth.js";

/**
 * What a gateway keeps, opened beside it: processes share an SQLite store, and the running gateway hears of ends.
 *
 * @throws {AuthError} `invalid_options` for a memory store, which only its own process can see.
 */
export function openBeside(
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
