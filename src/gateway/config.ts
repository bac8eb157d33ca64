import type { DpopOptions } from "../credentials/dpop-options.js";
import type { StepUp } from "../decision.js";
import type { ClaimMapping } from "../handlers/claim-mapping.js";
import type { ExternalOptions } from "../handlers/external.js";
import type { LdapOptions } from "../handlers/ldap-options.js";
import type { Identity } from "../identity.js";
import type { OperateAsRule } from "../policies/operate-as-rules.js";
import type { ThrottleOptions } from "../policies/throttle-options.js";
import type { DeephavenCoreOptions, FlightOptions } from "../services/deephaven.js";
import type { EnterpriseOptions } from "../services/enterprise-options.js";
import type { SessionRulesOptions } from "../sessions/rules.js";
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
  /** CIDR blocks of proxies in front, whose `X-Forwarded-*` count. None by default; `0.0.0.0/0` and `::/0` are refused. */
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

/** Where to listen. */
export interface AddressConfig {
  /** Without brackets for IPv6. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export interface ListenConfig extends AddressConfig {
  readonly tls: TlsConfig | undefined;
}

export interface TlsConfig {
  /** PEM files, read again when they change. */
  readonly cert: string;
  readonly key: string;
  /** PEM file of the CAs that client certificates must come from. */
  readonly clientCa: string | undefined;
  readonly clientCertificate: "none" | "request" | "require";
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

export interface TicketsConfig {
  /** Subjects by the service that they answer for; undefined: each for the service of its own name. */
  readonly services: ReadonlyMap<string, readonly string[]> | undefined;
  readonly onMisuse: "alarm" | "revoke";
}

/** What the gateway answers itself, beside `sallyport.v1.AuthService`. */
export interface ServicesConfig {
  readonly flight: FlightConfig | undefined;
  readonly deephavenCore: CoreConfig | undefined;
  readonly deephavenEnterprise: EnterpriseConfig | undefined;
}

export interface FlightConfig extends FlightOptions {
  /** Name of the cookie that carries a token. */
  readonly cookie: string | undefined;
}

export type CoreConfig = Omit<DeephavenCoreOptions, "signal" | "platform">;

export interface EnterpriseConfig
  extends Pick<EnterpriseOptions, "cookieLifeMs" | "tokenLifeMs" | "delegateServices" | "address"> {
  /** CIDR blocks. */
  readonly verifyTokenFrom: "anyone" | readonly string[];
  /** Empty: nobody reloads. */
  readonly reloadRoles: readonly string[];
}

export interface RouteConfig {
  readonly match: RouteMatch;
  /** Requests without credentials are welcome. Default: `false`. */
  readonly anonymous: boolean;
  /** The caller must have one of these; empty: any caller. */
  readonly roles: readonly string[];
  /** Lower case; empty: any. A session counts by the scheme that opened it. */
  readonly schemes: readonly string[];
  /** How fresh and how strong the log-in must be; undefined: any will do. */
  readonly stepUp: StepUp | undefined;
  /** A key of `upstreams`. */
  readonly upstream: string;
  /** Send `Authorization` on to the upstream. Default: `false`: it is ours, and the upstream could act as the caller with it. */
  readonly forwardAuthorization: boolean;
  /** Line of the route in the file, for `explain`. */
  readonly line: number;
}

export interface RouteMatch {
  /** Lower case, without a port; undefined: any. */
  readonly host: string | undefined;
  /** Canonical; matches itself and what is below it, by whole segments. */
  readonly path: string;
  /** Upper case; empty: any. */
  readonly methods: readonly string[];
}

export interface UpstreamConfig {
  readonly name: string;
  /** Scheme, host and port; no path. */
  readonly origin: string;
  /** Tell the upstream who is calling in `x-sallyport-*` headers. */
  readonly identity: "headers" | "none";
  readonly connectTimeoutMs: number;
  /** From the request's end to the response's headers. */
  readonly headersTimeoutMs: number;
  /** Between two chunks of a body. */
  readonly bodyTimeoutMs: number;
  readonly maxConnections: number;
}

export interface LimitsConfig {
  /** From accept, or the end of the last request, to a complete header block. */
  readonly headersTimeoutMs: number;
  /** How long a graceful stop waits for calls under way. */
  readonly stopTimeoutMs: number;
  readonly maxConnections: number;
}
