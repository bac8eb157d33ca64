import type { DpopOptions } from "../../binding/dpop-options.js";
import type { ExternalOptions } from "../../handlers/external/external.js";
import type { LdapOptions } from "../../handlers/ldap/options.js";
import type { ClaimMapping } from "../../handlers/oidc/claim-mapping.js";
import type { Identity } from "../../model/identity.js";
import type { OperateAsRule } from "../../policies/operate-as/rules.js";
import type { ThrottleOptions } from "../../policies/throttle/options.js";
import type { SessionRulesOptions } from "../../sessions/rules.js";
import type { UpstreamConfig } from "../forward/upstream-config.js";
import type { AddressConfig, LimitsConfig, ListenConfig } from "../listen/listen-config.js";
import type { ServicesConfig, TicketsConfig } from "../own/own-config.js";
import type { RouteConfig } from "../route/route-config.js";
import type { CertificateRuleConfig } from "./read-certificates.js";

/**
 * What the gateway runs on: read from YAML, checked, secrets loaded, frozen. Made by `parseConfig`; nothing reads the file
 * again until the next reload, which makes another one of these.
 */
export interface GatewayConfig {
  readonly realm: string;
  readonly listen: readonly ListenConfig[];
  /** Liveness, readiness and metrics; apart from traffic. None unless configured. */
  readonly admin: AddressConfig | undefined;
  readonly keys: { readonly file: string };
  readonly store: StoreConfig;
  readonly session: SessionRulesOptions;
  readonly handlers: readonly HandlerConfig[];
  /** Further names for schemes. */
  readonly aliases: Readonly<Record<string, string>>;
  readonly nestedSchemes: boolean;
  /** Who may operate as whom; undefined: nobody. */
  readonly throttle: ThrottleOptions | false;
  readonly operateAs: OperateAsConfig | undefined;
  readonly tickets: TicketsConfig;
  readonly services: ServicesConfig;
  readonly binding: { readonly bindToCertificate: boolean; readonly dpop: DpopOptions };
  /** In the order of the file. The most specific match wins; see `matchRoute`. */
  readonly routes: readonly RouteConfig[];
  readonly upstreams: ReadonlyMap<string, UpstreamConfig>;
  /** CIDR blocks of proxies in front, whose `X-Forwarded-*` count. None by default; blocks larger than a private network are refused. */
  readonly trustedProxies: readonly string[];
  readonly limits: LimitsConfig;
  readonly audit: AuditConfig | undefined;
  /** The beginning of the SHA-256 of the file: which configuration it was, for the audit. */
  readonly digest: string;
  readonly log: { readonly level: "debug" | "info" | "warn" | "error" | "silent" };
}

/** Where the audit is written, and what happens when it cannot be. */
export interface AuditConfig {
  readonly file: string;
  readonly fsync: boolean;
  readonly onFailure: "continue" | "refuse";
}

export type StoreConfig = { readonly kind: "memory" } | { readonly kind: "sqlite"; readonly path: string };

/** One entry of `handlers`: a scheme and what answers for it. Secrets in it are loaded already. */
export type HandlerConfig =
  | { readonly kind: "users"; readonly scheme: string; readonly file: string }
  | { readonly kind: "htpasswd"; readonly scheme: string; readonly file: string; readonly roles: readonly string[] }
  | { readonly kind: "chain"; readonly scheme: string; readonly links: readonly HandlerConfig[] }
  | { readonly kind: "anonymous"; readonly scheme: string; readonly identity: Identity }
  | { readonly kind: "certificates"; readonly scheme: string; readonly rules: readonly CertificateRuleConfig[] }
  | { readonly kind: "apiKeys"; readonly scheme: string; readonly file: string }
  | {
      readonly kind: "authorizedKeys";
      readonly scheme: string;
      readonly file: string;
      readonly rawChallenges: boolean;
      readonly allowLegacyDsa: boolean;
    }
  | { readonly kind: "ldap"; readonly scheme: string; readonly options: LdapOptions }
  | { readonly kind: "external"; readonly scheme: string; readonly options: ExternalOptions }
  | {
      readonly kind: "keys";
      readonly scheme: string;
      readonly keys: Readonly<Record<string, { readonly sha256: string; readonly roles?: readonly string[] }>>;
    }
  | {
      readonly kind: "jwt";
      readonly scheme: string;
      readonly issuer: string;
      readonly audience: string;
      readonly jwks: string;
      readonly algorithms: readonly string[] | undefined;
      readonly claims: ClaimMapping;
    }
  | {
      readonly kind: "oidc";
      readonly scheme: string;
      readonly issuer: string;
      readonly audience: string;
      readonly algorithms: readonly string[] | undefined;
      readonly type: string | undefined;
      readonly opens: "session" | "nothing" | undefined;
      readonly claims: ClaimMapping;
    };

export interface OperateAsConfig {
  /** Where targets are looked up. */
  readonly users: Extract<HandlerConfig, { kind: "users" | "htpasswd" }>;
  readonly rules: readonly OperateAsRule[];
}
