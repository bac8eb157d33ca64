export type { RpcService } from "../../model/rpc-service.js";
export { type DeephavenCoreOptions, deephavenCore } from "./deephaven-core.js";
export { type FlightOptions, flight } from "./flight.js";
