import { AuthError } from "../../../base/errors.js";
import { type Platform, systemPlatform } from "../../../base/platform.js";
import type { GatewayConfig } from "../../config/config.js";
import { dependenciesOf, type NamedDependency } from "../../config/handlers.js";
import { lookAtStore } from "../../config/stores.js";
import { probeListeners, probeUpstreamFiles } from "./certificates.js";
import { type ClockReading, judgeClock } from "./clock.js";
import { probeDirectory } from "./directory.js";
import { type PrivateFile, probeModes } from "./files.js";
import { type Finding, fault, ok, type ProbeContext } from "./finding.js";
import { probeKeySet, probeProvider } from "./provider.js";
import { probeAuthorizer, probeUpstream } from "./upstream.js";

/** Longer than any of these takes that works, and short enough for an operator who waits. */
const timeoutMs = 5_000;

/**
 * Reaches for all that the gateway depends on, side by side, for 5 s each at most: upstreams, providers, key sets,
 * directories, services of `authorize`, the store. It looks at certificates, the clock and the modes of files as well. Nothing is
 * made or changed; an upstream gets `HEAD /` and its health check, such a service `HEAD /`, and a directory a bind of the account
 * that searches.
 *
 * @returns a finding at least for each, in the order of the configuration
 */
export async function checkConnections(
  config: GatewayConfig,
  platform: Platform = systemPlatform,
): Promise<readonly Finding[]> {
  const clocks = new Map<string, ClockReading>();
  const context: ProbeContext = {
    platform,
    timeoutMs,
    tellDate(what, date) {
      const instant = date ? Date.parse(date) : Number.NaN;
      if (!Number.isNaN(instant)) clocks.set(what, { what, aheadMs: instant - platform.now() });
    },
  };
  const dependencies = dependenciesOf(config.handlers);
  const probes: Promise<readonly Finding[]>[] = [
    probeStore(config, context),
    ...dependencies.map((dependency) => probeDependency(dependency, context)),
    ...[...config.upstreams.values()].map((upstream) => probeUpstream(upstream, context)),
    ...servicesOf(config).map(([url, what]) => probeAuthorizer(what, url, context)),
  ];
  const found = (await Promise.all(probes)).flat();
  const files = probeUpstreamFiles(config.upstreams.values(), context);
  const local = [
    ...probeListeners(config.listen, context),
    ...files,
    ...probeModes(privateFiles(config, dependencies)),
  ];
  return [...local, ...found, ...judgeClock([...clocks.values()])];
}

/** The services of `authorize`, each once, with the first place that names it. */
function servicesOf({ routes }: GatewayConfig): [url: string, what: string][] {
  const named = new Map<string, string>();
  for (const [index, { authorize }] of routes.entries()) {
    if (authorize !== undefined && !named.has(authorize.url)) named.set(authorize.url, `routes[${index}].authorize`);
  }
  return [...named];
}

async function probeStore({ store }: GatewayConfig, { platform, timeoutMs }: ProbeContext): Promise<Finding[]> {
  try {
    return [ok("store", await lookAtStore(store, platform, timeoutMs))];
  } catch (error) {
    if (error instanceof AuthError) return [fault("store", error.message)];
    throw error;
  }
}

async function probeDependency({ what, on }: NamedDependency, context: ProbeContext): Promise<readonly Finding[]> {
  switch (on.kind) {
    case "provider":
      return probeProvider(what, on.url, context);
    case "key-set":
      return probeKeySet(what, on.url, context);
    case "directory":
      return probeDirectory(what, on.options, context);
    case "password-file":
      return [];
    default:
      return on satisfies never;
  }
}

function privateFiles(
  { keys, listen, upstreams }: GatewayConfig,
  dependencies: readonly NamedDependency[],
): PrivateFile[] {
  const secret = (what: string, file: string, danger: string): PrivateFile => ({ what, file, danger, isSecret: true });
  return [
    ...listen.flatMap(({ tls }, index) =>
      tls === undefined ? [] : [secret(`listen[${index}].tls.key`, tls.key, "pass for this server")],
    ),
    ...[...upstreams.values()].flatMap(({ name, tls }) =>
      tls?.key === undefined ? [] : [secret(`upstreams.${name}.tls.key`, tls.key, "pass for the gateway")],
    ),
    secret("keys", keys.file, "make tokens of any user"),
    ...dependencies.flatMap(({ what, on }): PrivateFile[] =>
      on.kind !== "password-file"
        ? []
        : [{ what, file: on.file, danger: "guess passwords by their hashes", isSecret: false }],
    ),
  ];
}
