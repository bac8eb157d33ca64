import type { EnterpriseOptions } from "../../services/enterprise/options.js";
import type { DeephavenCoreOptions } from "../../services/flight/deephaven-core.js";
import type { FlightOptions } from "../../services/flight/flight.js";

export interface TicketsConfig {
  /** The subjects that may redeem tickets, by service; `undefined`: each subject for the service of its own name. */
  readonly services: ReadonlyMap<string, readonly string[]> | undefined;
  readonly onMisuse: "alarm" | "revoke";
}

/** The services that the gateway answers itself, beside `sallyport.v1.AuthService`. */
export interface ServicesConfig {
  readonly flight: FlightConfig | undefined;
  readonly deephavenCore: CoreConfig | undefined;
  readonly deephavenEnterprise: EnterpriseConfig | undefined;
  readonly forwardAuth: ForwardAuthConfig | undefined;
  readonly health: OwnHealthConfig | undefined;
  /** Whether the gateway describes its own services. */
  readonly reflection: boolean;
}

export interface OwnHealthConfig {
  /** The path of health checks over plain HTTP; `undefined`: only gRPC has them. */
  readonly path: string | undefined;
}

/** The configuration without further services: `sallyport.v1.AuthService` alone. */
export const noServices: ServicesConfig = Object.freeze({
  flight: undefined,
  deephavenCore: undefined,
  deephavenEnterprise: undefined,
  forwardAuth: undefined,
  health: undefined,
  reflection: false,
});

/** Whether other proxies may ask: then a route needs no upstream. */
export function takesQuestions({ forwardAuth }: ServicesConfig): boolean {
  return forwardAuth !== undefined;
}

/** Where other proxies ask whether a request of theirs may pass. */
export interface ForwardAuthConfig {
  /** A canonical path, without a slash at its end. */
  readonly path: string;
}

export interface FlightConfig extends FlightOptions {
  /** Name of the cookie that carries a token. */
  readonly cookie: string | undefined;
}

export type CoreConfig = Omit<DeephavenCoreOptions, "signal" | "platform" | "upstreamConstants">;

export interface EnterpriseConfig
  extends Pick<
    EnterpriseOptions,
    "cookieLifeMs" | "tokenLifeMs" | "delegateServices" | "detachedServices" | "address"
  > {
  /** CIDR blocks. */
  readonly verifyTokenFrom: "anyone" | readonly string[];
  /** The roles that may reload. Empty: none. */
  readonly reloadRoles: readonly string[];
}
