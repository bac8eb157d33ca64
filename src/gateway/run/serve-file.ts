import type { Logger } from "pino";
import type { Awaitable } from "../../base/awaitable.js";
import { AuthError } from "../../base/errors.js";
import { fileState, fileVersion, jointState } from "../../base/file-version.js";
import { type OptionKinds, requireArgument, requireOptions } from "../../base/options.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import { createSettling, settleMs } from "../../base/settling.js";
import { toFaultText } from "../config/document.js";
import { configOf, type ParsedConfig, parseConfig, readConfigFile } from "../config/parse-config.js";
import type { Environment } from "../config/secrets.js";
import { lackOfDescriptors } from "../observe/descriptors.js";
import { type Gateway, type StopPatience, startGateway } from "./gateway.js";

/** Options of `serveFile`. */
export interface ServeFileOptions {
  /** What `${NAME}` in the file reads. Default: `process.env`. */
  readonly environment?: Environment | undefined;
  readonly platform?: Platform | undefined;
  readonly log?: Logger | undefined;
  /** Called once with the function that reloads, to connect it to a trigger, such as a signal. */
  readonly onReloadAsked?: ((callback: () => void) => void) | undefined;
}

const serveKinds: OptionKinds<ServeFileOptions> = {
  environment: "object",
  platform: "object",
  log: "object",
  onReloadAsked: "function",
};

/** A gateway that follows its configuration file. */
export interface Served {
  readonly gateway: Gateway;
  stop(patience?: StopPatience): Promise<void>;
}

/**
 * Runs the gateway on a configuration file, and follows the file: an edit takes effect when the file has stayed as it is
 * for a second, a reload that is asked for at once. While one of the files that the configuration names is being
 * written, a reload waits for it. The faults of a faulty file are logged with their lines, and the last good
 * configuration stays.
 *
 * @throws {AuthError} rejects with `invalid_options` when the file is faulty at the start
 */
export async function serveFile(file: string, options: ServeFileOptions = {}): Promise<Served> {
  requireArgument("serveFile", "file", file, "string");
  requireOptions("serveFile", options, serveKinds);
  const { environment, platform = systemPlatform, onReloadAsked, log: given } = options;
  const settling = createSettling(platform);
  /** The reload that waits for files that are being written. All who ask meanwhile get its answer. */
  let waiting: Promise<string> | undefined;
  let giveUp = (): void => {};
  const first = parseConfig(readConfigFile(file), { file, environment });
  const gateway = await startGateway(configOf(first), { platform, log: given, reload });
  const { log } = gateway;
  warnOf(first);

  function warnOf(parsed: ParsedConfig): void {
    if (parsed.kind !== "config" || parsed.warnings.length === 0) return;
    log.warn({ file, warnings: parsed.warnings.map(toFaultText) }, "the configuration has warnings");
  }

  /** Reloads. Returns the answer for a caller of the RPC `reload`; the faults of the file are in the log only. */
  function reload(): Awaitable<string> {
    if (waiting !== undefined) return waiting;
    const first = tryReload();
    if (typeof first === "string") return first;
    waiting = new Promise((resolve) => {
      let cancel = platform.delay(first, again);
      function again(): void {
        const next = tryReload();
        if (typeof next === "string") end(next);
        else cancel = platform.delay(next, again);
      }
      function end(answer: string): void {
        cancel();
        waiting = undefined;
        resolve(answer);
      }
      giveUp = () => end("not reloaded: the gateway is stopping");
    });
    return waiting;
  }

  /** Reloads, or returns the milliseconds for which a file must still stay as it is. */
  function tryReload(): string | number {
    try {
      const before = fileVersion(file);
      const parsed = parseConfig(readConfigFile(file), { file, environment });
      // A list of users, or a secret, that is half written may be valid, and mean something else.
      const leftMs = settling(jointState([file, ...parsed.files]));
      if (leftMs > 0) return leftMs;
      if (fileVersion(file) !== before) return settleMs;
      const { restartNeeded } = gateway.reload(configOf(parsed));
      log.info({ file }, "configuration reloaded");
      warnOf(parsed);
      if (restartNeeded.length === 0) return "reloaded";
      const rest = `restart to change ${restartNeeded.join(", ")}; the rest is in effect`;
      log.warn({ file, restartNeeded }, rest);
      return `reloaded; ${rest}`;
    } catch (error) {
      // It may be in the middle of a write, or away for the moment in which it is replaced.
      const leftMs = settling(jointState([file]));
      if (leftMs > 0) return leftMs;
      // Its files cannot be read, which is no fault of theirs.
      if (lackOfDescriptors() !== undefined) return settleMs;
      const faults = error instanceof AuthError ? error.message.split("\n") : ["it cannot be used"];
      gateway.refused();
      log.error({ file, faults }, "configuration not reloaded; the last good one stays");
      return "not reloaded: the configuration is faulty; the log says where";
    }
  }

  const unwatch = watchFile(file, platform, () => void reload());
  onReloadAsked?.(() => {
    // A rotator of logs sends SIGHUP, too, after it has moved a file away.
    gateway.reopenAudit();
    void reload();
  });
  return {
    gateway,
    stop(patience) {
      unwatch();
      giveUp();
      return gateway.stop(patience);
    },
  };
}

/** The time between two checks of the file. */
const checkEveryMs = 250;

/**
 * Calls back when the file has changed and has then stayed as it is for `settleMs`, so that a half-written one is not
 * read.
 *
 * It checks on a timer instead of watching: editors and orchestrators replace the file, a link to it or a directory
 * above, which each need another watch; a watch of the directory would wake for every write of a database in it; and
 * network file systems send no events. A check costs some microseconds.
 *
 * @returns a function that stops it.
 */
export function watchFile(path: string, platform: Platform, onChange: () => void): () => void {
  let taken = fileVersion(path);
  const settling = createSettling(platform);
  let cancel = platform.delay(checkEveryMs, check);

  function check(): void {
    cancel = platform.delay(checkEveryMs, check);
    const now = fileState(path);
    if (settling(now) > 0 || now.version === taken) return;
    taken = now.version;
    onChange();
  }

  return () => cancel();
}
