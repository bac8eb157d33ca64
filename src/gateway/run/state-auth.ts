import type { Platform } from "../../base/platform.js";
import { emitWarning } from "../../base/warn.js";
import { type Auth, createAuth } from "../../engine/auth.js";
import type { ExternalHandler, ExternalOptions } from "../../handlers/external/external.js";
import { keyFile } from "../../keys/key-file.js";
import type { OnEvent } from "../../model/events.js";
import type { Identity } from "../../model/identity.js";
import type { Store } from "../../model/store.js";
import type { AuditOptions } from "../../policies/audit/audit.js";
import type { OperateAsPolicy } from "../../policies/operate-as/operate-as.js";
import { operateAsRules } from "../../policies/operate-as/rules.js";
import type { GatewayConfig } from "../config/config.js";
import { createHandler, openUsers } from "../config/handlers.js";
import { createExternal } from "../config/kinds/external.js";
import type { OperateAsConfig } from "../config/sections/operate-as.js";
import { revocationBoundMs } from "../observe/telemetry.js";
import { toCarriers } from "../own/carriers.js";

export interface StateAuthOptions {
  readonly platform: Platform;
  /** Default: faults and alarms are warned of on standard error. */
  readonly onEvent?: OnEvent | undefined;
  /** It outlives the engine. */
  readonly audit?: AuditOptions | undefined;
  /** Told when an edited user file was not taken. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** From `createLogin`, where its pages are served. Default: one without pages. */
  readonly login?: ExternalHandler | undefined;
}

/** The handler of browser log-ins that a configuration describes, if it has one. */
export function createLogin(
  config: GatewayConfig,
  { platform, onWarning }: Pick<StateAuthOptions, "platform" | "onWarning">,
): ExternalHandler | undefined {
  const found = findLogin(config);
  return found && createExternal(found, { platform, onWarning });
}

/** The options of browser log-ins. There is one handler for them at most: they have a scheme of their own. */
export function findLogin({ handlers }: Pick<GatewayConfig, "handlers">): ExternalOptions | undefined {
  return handlers.find((handler) => handler.kind === "external")?.options;
}

/**
 * The engine that a configuration describes. Its `close` closes the store.
 *
 * @throws {AuthError} `invalid_options`
 */
export function createStateAuth(config: GatewayConfig, store: Store, options: StateAuthOptions): Auth<Identity> {
  const { platform, onEvent, login, onWarning = emitWarning } = options;
  return createAuth({
    ...config.session,
    ...config.binding,
    handlers: config.handlers.map((handler) =>
      handler.kind === "external" && login ? login : createHandler(handler, onWarning),
    ),
    store,
    keys: keyFile(config.keys.file, { platform }),
    realm: config.realm,
    aliases: config.aliases,
    nestedSchemes: config.nestedSchemes,
    carriers: toCarriers(config.services),
    platform,
    onEvent,
    audit: options.audit,
    throttle: config.throttle,
    operateAs: config.operateAs && createOperateAsPolicy(config.operateAs),
    onTicketMisuse: () => config.tickets.onMisuse,
    maxStalenessMs: revocationBoundMs,
  });
}

/** Faults of an edited file are told by the handler that lets its users in, if there is one. */
function createOperateAsPolicy({ users, rules }: OperateAsConfig): OperateAsPolicy<Identity> {
  const file = openUsers(users, () => {});
  return operateAsRules<Identity>({ identify: (subject) => file?.find(subject), rules });
}
