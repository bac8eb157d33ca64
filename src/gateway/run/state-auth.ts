import type { Platform } from "../../base/platform.js";
import { emitWarning } from "../../base/warn.js";
import { type Auth, createAuth } from "../../engine/auth.js";
import type { AuthInternals } from "../../engine/front.js";
import type { AuthOptions } from "../../engine/options.js";
import type { ExternalHandler, ExternalOptions } from "../../handlers/external/external.js";
import type { Handler } from "../../handlers/handler.js";
import type { KeptProviders } from "../../handlers/oidc/kept.js";
import { keyFile } from "../../keys/key-file.js";
import type { OnEvent } from "../../model/events.js";
import type { Identity } from "../../model/identity.js";
import type { Store } from "../../model/store.js";
import type { AuditOptions } from "../../policies/audit/audit.js";
import type { OperateAsPolicy } from "../../policies/operate-as/policy.js";
import { operateAsRules } from "../../policies/operate-as/rules.js";
import type { GatewayConfig } from "../config/config.js";
import { createHandler, openUsers } from "../config/handlers.js";
import { createExternal } from "../config/kinds/external.js";
import type { OperateAsConfig } from "../config/sections/operate-as.js";
import { revocationBoundMs } from "../observe/telemetry.js";
import { toCarriers } from "../own/carriers.js";

export interface StateAuthOptions {
  readonly platform: Platform;
  /** The observer. Default: faults and alarms are written to standard error. */
  readonly onEvent?: OnEvent | undefined;
  /** It outlives the engine. */
  readonly audit?: AuditOptions | undefined;
  /** What handlers of earlier configurations have said counts after a reload. Default: a memory of its own. */
  readonly internals?: AuthInternals | undefined;
  /** What handlers of earlier configurations know of providers. Default: nothing. */
  readonly keptProviders?: KeptProviders | undefined;
  /** Called when an edited user file was refused, and of a provider or directory that does not answer. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** From `createLogin`, where its pages are served. Default: one without pages. */
  readonly login?: ExternalHandler | undefined;
}

/** Makes the handler of browser log-ins, if the configuration has one. */
export function createLogin(
  config: GatewayConfig,
  { platform, onWarning, keptProviders: kept }: Pick<StateAuthOptions, "platform" | "onWarning" | "keptProviders">,
): ExternalHandler | undefined {
  const found = findLogin(config);
  return found && createExternal(found, { platform, onWarning, kept });
}

/** Returns the options of browser log-ins. There is at most one handler for them, since they have their own scheme. */
export function findLogin({ handlers }: Pick<GatewayConfig, "handlers">): ExternalOptions | undefined {
  return handlers.find((handler) => handler.kind === "external")?.options;
}

/**
 * Makes the handlers of a configuration.
 *
 * @throws {AuthError} `invalid_options`
 */
export function createStateHandlers(
  config: GatewayConfig,
  { login, onWarning = emitWarning, keptProviders }: Pick<StateAuthOptions, "login" | "onWarning" | "keptProviders">,
): Handler<Identity>[] {
  return config.handlers.map((handler) =>
    handler.kind === "external" && login ? login : createHandler(handler, onWarning, keptProviders),
  );
}

/**
 * Makes the engine of a configuration. Its `close` closes the store.
 *
 * @param handlers Default: those of the configuration
 * @throws {AuthError} `invalid_options`
 */
export function createStateAuth(
  config: GatewayConfig,
  store: Store,
  options: StateAuthOptions,
  handlers: Handler<Identity>[] = createStateHandlers(config, options),
): Auth<Identity> {
  const { platform, onEvent } = options;
  const auth: AuthOptions<Handler<Identity>> = {
    ...config.session,
    ...config.binding,
    handlers,
    store,
    keys: keyFile(config.keys.file, { platform }),
    realm: config.realm,
    aliases: config.aliases,
    nestedSchemes: config.nestedSchemes,
    maxAuthorizationLength: config.limits.maxAuthorizationLength,
    carriers: toCarriers(config.services),
    platform,
    onEvent,
    audit: options.audit,
    throttle: config.throttle,
    operateAs: config.operateAs && createOperateAsPolicy(config.operateAs),
    onTicketMisuse: () => config.tickets.onMisuse,
    maxStalenessMs: revocationBoundMs,
  };
  return createAuth(auth, options.internals);
}

/** Faults of an edited file are told by the handler that lets its users in, if there is one. */
function createOperateAsPolicy({ users, rules }: OperateAsConfig): OperateAsPolicy<Identity> {
  const file = openUsers(users, () => {});
  return operateAsRules<Identity>({ identify: (subject) => file?.find(subject), rules });
}
