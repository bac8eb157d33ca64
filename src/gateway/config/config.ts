import type { CorsOptions } from "../../adapters/node/cors-policy.js";
import type { ThrottleOptions } from "../../policies/throttle/options.js";
import type { UpstreamConfig } from "../forward/upstream-config.js";
import type { AddressConfig, ListenConfig } from "../listen/listen-config.js";
import type { ServicesConfig, TicketsConfig } from "../own/own-config.js";
import type { RouteConfig } from "../route/route-config.js";
import type { HandlerConfig } from "./handlers.js";
import { type Parts, readParts, schemasOf } from "./part.js";
import type { ReadContext } from "./read-context.js";
import { object, type RawMap, type Schema } from "./schema.js";
import { aliasesSection, nestedSchemesSection } from "./sections/aliases.js";
import { type AuditConfig, auditSection } from "./sections/audit.js";
import { type BindingConfig, bindingSection } from "./sections/binding.js";
import { corsSection } from "./sections/cors.js";
import { handlersSection } from "./sections/handlers.js";
import { keysSection } from "./sections/keys.js";
import { type GatewayLimits, limitsSection } from "./sections/limits.js";
import { adminSection, listenSection } from "./sections/listen.js";
import { type LogConfig, logSection } from "./sections/log.js";
import { type OperateAsConfig, operateAsSection } from "./sections/operate-as.js";
import { realmSection } from "./sections/realm.js";
import { routesSection } from "./sections/routes.js";
import type { SectionContext } from "./sections/section.js";
import { servicesSection } from "./sections/services/services.js";
import { type SessionConfig, sessionSection } from "./sections/session.js";
import { throttleSection } from "./sections/throttle.js";
import { ticketsSection } from "./sections/tickets.js";
import { tracesSection } from "./sections/traces.js";
import { trustedProxiesSection } from "./sections/trusted-proxies.js";
import { upstreamsSection } from "./sections/upstreams.js";
import { type StoreConfig, storeSection } from "./stores.js";

/** The configuration that each key at the top of the file becomes: one row for each. */
interface Sections {
  readonly realm: string;
  readonly listen: readonly ListenConfig[];
  /** The address of liveness, readiness and metrics, separate from traffic. Default: none. */
  readonly admin: AddressConfig | undefined;
  readonly keys: { readonly file: string };
  readonly store: StoreConfig;
  readonly session: SessionConfig;
  readonly handlers: readonly HandlerConfig[];
  /** Further names of schemes. */
  readonly aliases: Readonly<Record<string, string>>;
  readonly nestedSchemes: boolean;
  readonly throttle: ThrottleOptions | false;
  /** The rules of operating as another account; `undefined`: none is granted. */
  readonly operateAs: OperateAsConfig | undefined;
  readonly binding: BindingConfig;
  readonly tickets: TicketsConfig;
  readonly services: ServicesConfig;
  /** The pages of other origins that may call. */
  readonly cors: CorsOptions | undefined;
  /** In the order of the file. The most specific match wins; see `matchRoute`. */
  readonly routes: readonly RouteConfig[];
  readonly upstreams: ReadonlyMap<string, UpstreamConfig>;
  /**
   * CIDR blocks of trusted proxies, whose `X-Forwarded-*` count. Default: none. Blocks above a private network are
   * refused.
   */
  readonly trustedProxies: readonly string[];
  readonly limits: GatewayLimits;
  readonly audit: AuditConfig | undefined;
  readonly log: LogConfig;
  readonly traces: boolean;
}

/**
 * The configuration of a gateway: read from YAML, checked, with its secrets loaded, and frozen. Made by `parseConfig`.
 * The file is not read again until the next reload, which makes a new configuration.
 */
export interface GatewayConfig extends Sections {
  /** The beginning of the SHA-256 of the file, which names the configuration in the audit. */
  readonly digest: string;
}

/** The keys at the top of the file, in the order in which they are documented and read: one row for each. */
const sections: Parts<Sections, SectionContext> = {
  realm: realmSection,
  listen: listenSection,
  admin: adminSection,
  keys: keysSection,
  store: storeSection,
  session: sessionSection,
  handlers: handlersSection,
  aliases: aliasesSection,
  nestedSchemes: nestedSchemesSection,
  throttle: throttleSection,
  operateAs: operateAsSection,
  binding: bindingSection,
  tickets: ticketsSection,
  services: servicesSection,
  cors: corsSection,
  routes: routesSection,
  upstreams: upstreamsSection,
  trustedProxies: trustedProxiesSection,
  limits: limitsSection,
  audit: auditSection,
  log: logSection,
  traces: tracesSection,
};

/** The JSON Schema of a configuration file. The readers of its parts check what a schema cannot express. */
export const configSchema: Schema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  ...object(
    schemasOf(sections),
    ["listen", "keys", "store", "handlers", "routes"],
    "The configuration of `sallyport serve`.",
  ),
};

/**
 * Reads a configuration.
 *
 * @param raw the value that `checkShape` returned
 */
export function readConfig(raw: RawMap<unknown>, digest: string, context: ReadContext): GatewayConfig {
  const read = {} as Sections;
  const namesIn = (name: string) => (raw[name] === undefined ? undefined : Object.keys(Object(raw[name])));
  readParts(sections, raw, [], { ...context, namesIn, above: read }, read);
  return Object.freeze({ ...read, digest });
}
