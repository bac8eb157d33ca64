import type { CarrierOptions } from "../../credentials/token-carriers.js";
import type { ServicesConfig } from "./own-config.js";

/** Returns the carriers in which clients of Flight send a token beside `Authorization`. */
export function toCarriers({ flight }: ServicesConfig): CarrierOptions {
  const cookie = flight?.cookie;
  return {
    authTokenBin: flight !== undefined,
    ...(cookie !== undefined && { cookie: { name: cookie, requestHeader: "x-deephaven-auth-cookie-request" } }),
  };
}
