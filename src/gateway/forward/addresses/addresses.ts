import type { Forwarder } from "../exchange.js";
import { createForwarder, type ForwarderParts } from "../forwarder.js";
import { parseOrigin } from "../origin.js";
import type { UpstreamConfig } from "../upstream-config.js";
import type { Address } from "./address.js";
import { startChecks } from "./checks.js";
import { createAddressForwarder, isAnyInUse, maxTries } from "./forwarder.js";
import { guardBreaker } from "./guarded-breaker.js";
import { AddressHealth } from "./health.js";

/** An address of an upstream, for metrics. */
export interface AddressState {
  /** Host and port, or `unix:` and the path of a socket. */
  readonly where: string;
  /** How many exchanges hold a place of it. */
  readonly busy: number;
  readonly health: { readonly isIn: boolean };
}

export interface AddressesParts extends ForwarderParts {
  /** Called when an address goes out, and when it comes back. */
  readonly onWarning: (message: string) => void;
}

/**
 * Makes the connections to an upstream of several addresses, each with connections of its own, and what chooses among them.
 *
 * @param origins two or more
 */
export function createAddresses(
  config: UpstreamConfig,
  origins: readonly string[],
  parts: AddressesParts,
): { readonly forwarder: Forwarder; readonly addresses: readonly AddressState[] } {
  const { platform, breaker, onWarning } = parts;
  const addresses: Address[] = [];
  // The time to connect holds over all that a request tries.
  const connectTimeoutMs = Math.ceil(config.connectTimeoutMs / Math.min(origins.length, maxTries));
  for (const origin of origins) {
    const { where } = parseOrigin(origin);
    const health = new AddressHealth({
      what: `upstream ${config.name}: ${where}`,
      isChecked: config.health !== undefined,
      hasOther: () => addresses.some((other) => other.health !== health && other.health.isIn),
      onBack: () => hurryOthers(health),
      platform,
      onWarning,
    });
    const guardedParts = { ...parts, breaker: guardBreaker(breaker, health, () => isAnyInUse(addresses), platform) };
    const forwarder = createForwarder({ ...config, origin, connectTimeoutMs }, guardedParts);
    addresses.push({ where, forwarder, health, busy: 0 });
    if (config.health !== undefined) startChecks({ ...config, origin }, config.health, health, guardedParts);
  }

  /** Where all were out, as when this machine had no network, one that is back stands for all. */
  function hurryOthers(back: AddressHealth): void {
    const others = addresses.filter(({ health }) => health !== back);
    if (others.some(({ health }) => health.isIn)) return;
    for (const { health } of others) health.hurry();
  }

  return { forwarder: createAddressForwarder(addresses, platform, breaker), addresses };
}
