export type { RpcService } from "../rpc.js";
export { type DeephavenCoreOptions, deephavenCore } from "./deephaven-core.js";
export { type FlightOptions, flight } from "./flight.js";
