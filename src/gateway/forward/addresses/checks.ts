import type { Platform } from "../../../base/platform.js";
import type { Forwarder } from "../exchange.js";
import { createForwarder, type ForwarderParts } from "../forwarder.js";
import { parseOrigin } from "../origin.js";
import type { HealthConfig, UpstreamConfig } from "../upstream-config.js";
import { CheckExchange, type CheckResult } from "./check-exchange.js";
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
  const { intervalMs } = health;
  const forwarder = createCheckForwarder(config, health, parts);
  let cancel = (): void => {};

  function check(): void {
    const onResult = (result: CheckResult): void => {
      if (!closing.aborted) address.checked(result === "well" ? undefined : result.fault);
    };
    const onFree = (): void => {
      if (!closing.aborted) cancel = platform.delay(intervalMs, check);
    };
    sendCheck(forwarder, config, health, { platform, onResult, onFree });
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

/** Makes the connection for the checks of an address. */
export function createCheckForwarder(
  config: UpstreamConfig,
  { timeoutMs }: HealthConfig,
  parts: ForwarderParts,
): Forwarder {
  const times = { connectTimeoutMs: timeoutMs, headersTimeoutMs: timeoutMs, bodyTimeoutMs: timeoutMs };
  return createForwarder({ ...config, ...times, maxConnections: 1 }, parts);
}

export interface SendCheckParts {
  readonly platform: Platform;
  readonly onResult: (result: CheckResult) => void;
  /** Called when its connection may take the next one. */
  readonly onFree: () => void;
}

/** Sends one check, for its time at most. */
export function sendCheck(
  forwarder: Forwarder,
  { host, origin }: UpstreamConfig,
  health: HealthConfig,
  { platform, onResult, onFree }: SendCheckParts,
): void {
  const exchange = new CheckExchange(health, host ?? hostOf(origin), onResult);
  const cancel = platform.delay(health.timeoutMs, () => exchange.late(health.timeoutMs));
  forwarder.send(exchange, () => {
    cancel();
    onFree();
  });
}

/** A server behind a Unix socket has no host: it gets the one that such clients send. */
function hostOf(origin: string): string {
  const { socket, where } = parseOrigin(origin);
  return socket === undefined ? where : "localhost";
}
