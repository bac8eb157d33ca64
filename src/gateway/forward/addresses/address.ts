import type { Forwarder } from "../exchange.js";
import type { AddressHealth } from "./health.js";

/** One of the addresses of an upstream. */
export interface Address {
  /** Host and port, or `unix:` and the path of a socket. */
  readonly where: string;
  readonly forwarder: Forwarder;
  readonly health: AddressHealth;
  /** The exchanges that hold one of its places. */
  busy: number;
}
