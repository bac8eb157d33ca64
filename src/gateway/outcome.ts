import type { Denial, GatewayReason } from "../decision.js";
import type { Caller } from "../sessions/session.js";
import type { RouteConfig } from "./config.js";

/** What became of a request, for logs and metrics. Nothing in it is a credential. */
export type RequestOutcome =
  | {
      readonly kind: "refused";
      readonly denial: Pick<Denial, "code" | "reason">;
      readonly route?: RouteConfig | undefined;
    }
  /** One of our own procedures answers. */
  | { readonly kind: "service"; readonly path: string }
  | { readonly kind: "proxied"; readonly route: RouteConfig; readonly caller: Caller | undefined }
  /** Told after `proxied`: the upstream could not be asked, or broke off. */
  | { readonly kind: "failed"; readonly route: RouteConfig; readonly reason: GatewayReason };

/** The name of a route in logs and metrics: as many as the configuration has, whatever callers ask for. */
export function toRouteName({ match }: RouteConfig): string {
  return `${match.host ?? "*"}${match.path}`;
}
