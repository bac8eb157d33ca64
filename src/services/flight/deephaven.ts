export type { RpcService } from "../../model/rpc-service.js";
export { type DeephavenCoreOptions, deephavenCoreServices } from "./deephaven-core.js";
export { type FlightOptions, flightServices } from "./flight.js";
