import { Gauge, type Registry } from "prom-client";

/** How much of an upstream is in use. */
export interface UpstreamUse {
  readonly name: string;
  /** Requests that hold a place. */
  readonly used: number;
  readonly places: number;
  /** Requests that wait for a place. */
  readonly waiting: number;
  /** Empty where it has one. */
  readonly addresses: readonly AddressUse[];
}

/** How much of an address of an upstream is in use. */
export interface AddressUse {
  /** From the configuration: host and port, or the path of a socket. */
  readonly where: string;
  /** Requests that hold a place of it. */
  readonly busy: number;
  /** Whether it gets requests. */
  readonly health: { readonly isIn: boolean };
}

/**
 * Makes the gauges of the upstreams, and of the addresses of those that have several.
 *
 * @param list read when metrics are collected
 */
export function addUpstreamMetrics(registry: Registry, list: () => Iterable<UpstreamUse>): void {
  const registers = [registry];
  new Gauge({
    name: "sallyport_upstream_requests",
    help: "Requests that hold a place of an upstream (used) or wait for one (waiting), and its places.",
    labelNames: ["upstream", "state"],
    registers,
    collect() {
      this.reset();
      for (const { name: upstream, used, waiting, places } of list()) {
        this.set({ upstream, state: "used" }, used);
        this.set({ upstream, state: "waiting" }, waiting);
        this.set({ upstream, state: "places" }, places);
      }
    },
  });
  const ofAddresses = (name: string, help: string, read: (address: AddressUse) => number) =>
    new Gauge({
      name: `sallyport_upstream_address_${name}`,
      help,
      labelNames: ["upstream", "address"],
      registers,
      collect() {
        this.reset();
        for (const { name: upstream, addresses } of list())
          for (const one of addresses) this.set({ upstream, address: one.where }, read(one));
      },
    });
  ofAddresses("requests", "Requests under way at an address, where an upstream has several.", ({ busy }) => busy);
  ofAddresses("up", "Whether an address gets requests (1), or is out of use (0).", ({ health }) =>
    health.isIn ? 1 : 0,
  );
}
