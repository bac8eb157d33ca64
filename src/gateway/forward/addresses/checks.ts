import { createForwarder, type ForwarderParts } from "../forwarder.js";
import { parseOrigin } from "../origin.js";
import type { HealthConfig, UpstreamConfig } from "../upstream-config.js";
import { CheckExchange } from "./check-exchange.js";
import type { AddressHealth } from "./health.js";

/**
 * Asks an address whether it is well, now and again after each interval, until the upstream is not used any more. The checks have a
 * connection of their own, so that they take no place of a caller.
 *
 * @param config with the origin of the address
 * @param parts with what counts the connections that cannot be opened
 */
export function startChecks(
  config: UpstreamConfig,
  health: HealthConfig,
  address: AddressHealth,
  parts: ForwarderParts,
): void {
  const { platform, closing } = parts;
  const { timeoutMs, intervalMs } = health;
  const times = { connectTimeoutMs: timeoutMs, headersTimeoutMs: timeoutMs, bodyTimeoutMs: timeoutMs };
  const forwarder = createForwarder({ ...config, ...times, maxConnections: 1 }, parts);
  const authority = config.host ?? hostOf(config.origin);
  let cancel = (): void => {};

  function check(): void {
    const exchange = new CheckExchange(health, authority, (verdict) => {
      if (closing.aborted || verdict === "unknown") return;
      address.checked(verdict === "well" ? undefined : verdict.fault);
    });
    const cancelWait = platform.delay(timeoutMs, () => exchange.late(timeoutMs));
    forwarder.send(exchange, () => {
      cancelWait();
      if (!closing.aborted) cancel = platform.delay(intervalMs, check);
    });
  }

  closing.addEventListener(
    "abort",
    () => {
      cancel();
      void forwarder.destroy();
    },
    { once: true },
  );
  check();
}

/** A server behind a Unix socket has no host: it gets the one that such clients send. */
function hostOf(origin: string): string {
  const { socket, where } = parseOrigin(origin);
  return socket === undefined ? where : "localhost";
}
