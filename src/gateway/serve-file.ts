import type { Logger } from "pino";
import { AuthError } from "../errors.js";
import { type Platform, systemPlatform } from "../platform.js";
import { type Gateway, startGateway } from "./gateway.js";
import { loadConfig } from "./parse-config.js";
import type { Environment } from "./secrets.js";
import { watchFile } from "./watch-file.js";

/** Options of `serveFile`. */
export interface ServeFileOptions {
  /** What `${NAME}` in the file reads. Default: `process.env`. */
  readonly environment?: Environment | undefined;
  readonly platform?: Platform | undefined;
  readonly log?: Logger | undefined;
  /** Gives a callback to whoever may ask for a reload, such as a signal. */
  readonly onReloadAsked?: ((callback: () => void) => void) | undefined;
}

/** A gateway that follows its configuration file. */
export interface Served {
  readonly gateway: Gateway;
  stop(): Promise<void>;
}

/**
 * Runs the gateway on a configuration file, and follows the file: an edit, or a reload that is asked for, takes effect at
 * once. A faulty one is logged with its lines, and the last good one stays.
 *
 * @throws {AuthError} rejects with `invalid_options` when the file is faulty at the start.
 */
export async function serveFile(file: string, options: ServeFileOptions = {}): Promise<Served> {
  const { environment, platform = systemPlatform, onReloadAsked, log: given } = options;
  const gateway = await startGateway(loadConfig(file, environment), { platform, log: given, reload });
  const { log } = gateway;

  /** @returns for whoever asked from outside: what is wrong with the file is in the log. */
  function reload(): string {
    try {
      const { restartNeeded } = gateway.reload(loadConfig(file, environment));
      log.info({ file }, "configuration reloaded");
      if (restartNeeded.length === 0) return "reloaded";
      const rest = `restart to change ${restartNeeded.join(", ")}; the rest is in effect`;
      log.warn({ file, restartNeeded }, rest);
      return `reloaded; ${rest}`;
    } catch (error) {
      const faults = error instanceof AuthError ? error.message.split("\n") : ["it cannot be used"];
      gateway.refused();
      log.error({ file, faults }, "configuration not reloaded; the last good one stays");
      return "not reloaded: the configuration is faulty; the log says where";
    }
  }

  const unwatch = watchFile(file, platform, reload);
  onReloadAsked?.(() => {
    // SIGHUP is also how a rotator of logs says that it has moved one away.
    gateway.reopenAudit();
    reload();
  });
  return {
    gateway,
    stop() {
      unwatch();
      return gateway.stop();
    },
  };
}
