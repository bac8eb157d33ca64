import type { BreakerState } from "../../../base/breaker.js";
import type { Platform } from "../../../base/platform.js";
import type { Exchange, Forwarder } from "../exchange.js";
import { notSent } from "../not-sent.js";
import type { Address } from "./address.js";
import { type AddressChooser, AddressedExchange, type Choice } from "./exchange.js";

/** So many addresses get a request at most: where more are down it fails, and does not go around. */
export const maxTries = 3;

/**
 * Makes the forwarder to an upstream of several addresses. Of those in use the one with the fewest exchanges gets the next one, and
 * among equals they take turns. When none is in use all are tried: what is known of them may be wrong, and the last one must not
 * be out for good.
 *
 * @param addresses two or more
 * @param breaker of the upstream: unless it is closed a request tries one address
 */
export function createAddressForwarder(
  addresses: readonly Address[],
  platform: Platform,
  breaker: { readonly state: BreakerState },
): Forwarder {
  let turn = 0;
  let isClosing = false;

  function choose(tried: readonly Address[]): Choice | undefined {
    if (isClosing || tried.length >= maxTries || (tried.length > 0 && breaker.state !== "closed")) return undefined;
    turn = (turn + 1) % addresses.length;
    const isAnyIn = isAnyInUse(addresses);
    let best: Address | undefined;
    for (let index = 0; index < addresses.length; index += 1) {
      const address = addresses[(turn + index) % addresses.length] as Address;
      if (tried.includes(address) || address.busy >= address.forwarder.places) continue;
      if (isAnyIn && !address.health.isIn) {
        if (address.health.beginTrial()) return { address, isTrial: true };
      } else if (best === undefined || address.busy < best.busy) best = address;
    }
    return best && { address: best, isTrial: !isAnyIn };
  }

  const chooser: AddressChooser = { choose, now: () => platform.monotonic() };

  async function closeAll(how: "close" | "destroy"): Promise<void> {
    isClosing = true;
    await Promise.all(addresses.map(({ forwarder }) => forwarder[how]()));
  }

  return {
    get places() {
      const isAnyIn = isAnyInUse(addresses);
      let places = 0;
      // What an address that is out still carries takes no place of the others.
      for (const { busy, forwarder, health } of addresses) places += isAnyIn && !health.isIn ? busy : forwarder.places;
      return places;
    },
    send(exchange, onFree) {
      const choice = choose([]);
      if (isClosing) addresses[0]?.forwarder.send(exchange, onFree);
      else if (choice === undefined) refuse(exchange, onFree);
      else new AddressedExchange(exchange, choice, chooser, onFree);
    },
    close: () => closeAll("close"),
    destroy: () => closeAll("destroy"),
  };
}

export function isAnyInUse(addresses: readonly Address[]): boolean {
  return addresses.some(({ health }) => health.isIn);
}

function refuse(exchange: Exchange, onFree: () => void): void {
  exchange.attach(notSent(() => {}));
  exchange.fail({
    reason: "upstream_unavailable",
    code: "no_free_address",
    detail: "no address of the upstream has a free connection",
  });
  onFree();
}
