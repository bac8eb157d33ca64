import type { Platform } from "../../base/platform.js";
import type { Auth } from "../../engine/auth.js";
import { type AuthInternals, createInternals } from "../../engine/front.js";
import type { OnEvent } from "../../model/events.js";
import type { Identity } from "../../model/identity.js";
import { memory } from "../../stores/memory/memory.js";
import { readOnly } from "../../stores/read-only.js";
import type { GatewayConfig } from "../config/config.js";
import { openStore, storeExists } from "../config/stores.js";
import { createStateAuth } from "./state-auth.js";

/** Opens the engine of a configuration to explain by it: nothing that it decides is written. */
export function openExplainingAuth(config: GatewayConfig, platform: Platform, onEvent: OnEvent): Auth<Identity> {
  const store = readOnly(openExisting(config, platform));
  return createStateAuth(config, store, { platform, onEvent, onWarning() {}, internals });
}

/** A running gateway has seen the accounts that it let in, and acts when they are gone: so does an explanation. */
const internals: AuthInternals = {
  ...createInternals(),
  sightings: { note() {}, has: () => true, isLast: () => true },
  signer: { last: () => undefined, note() {} },
};

/** Opens the store if it exists, else one in memory: an explanation must not make a database. */
function openExisting(config: GatewayConfig, platform: Platform): ReturnType<typeof openStore> {
  return storeExists(config.store) ? openStore(config.store, platform, { create: false }) : memory({ platform });
}
