import type { CarrierOptions } from "../../credentials/token-carriers.js";
import type { ServicesConfig } from "./own-config.js";

/** Where clients of Flight keep a token beside `Authorization`. */
export function toCarriers({ flight }: ServicesConfig): CarrierOptions {
  const cookie = flight?.cookie;
  return {
    authTokenBin: flight !== undefined,
    ...(cookie !== undefined && { cookie: { name: cookie, requestHeader: "x-deephaven-auth-cookie-request" } }),
  };
}
