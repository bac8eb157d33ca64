import { existsSync } from "node:fs";
import { AuthError } from "../../base/errors.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import type { Auth } from "../../engine/auth.js";
import type { Identity } from "../../model/identity.js";
import type { AuditSink } from "../../policies/audit/audit.js";
import { type JsonLinesSink, jsonLines } from "../../policies/audit/json-lines.js";
import type { GatewayConfig } from "../config/config.js";
import type { AuditConfig } from "../config/sections/audit.js";
import { isSharedStore, openStore } from "../config/stores.js";
import { createStateAuth } from "./state-auth.js";

/**
 * Opens the store of a gateway for a command, also while the gateway runs: processes share an SQLite store, and the
 * gateway hears of the sessions that end.
 *
 * @throws {AuthError} `invalid_options` for a memory store, which only its own process can see, and for a database that
 *   does not exist: what a command ended in an empty one would have ended nowhere.
 */
export function openForCli(
  config: GatewayConfig,
  platform: Platform = systemPlatform,
): Pick<Auth<Identity>, "sessions" | "throttle" | "close"> {
  if (!isSharedStore(config.store)) {
    throw new AuthError(
      "invalid_options",
      "what a memory store keeps is in the running gateway only; configure store: { sqlite: PATH } to reach it from here",
    );
  }
  return createStateAuth(config, openStore(config.store, platform, { create: false }), {
    platform,
    audit: config.audit && { sinks: [openExistingFile(config.audit, platform)], onFailure: "continue" },
  });
}

/**
 * Makes a sink for the file of a gateway's audit, opened with the first record. It makes no file: one of another user,
 * such as root, would be no use to the gateway. What a command does goes on when it cannot be recorded.
 */
function openExistingFile({ file, fsync }: AuditConfig, platform: Platform): AuditSink {
  let sink: JsonLinesSink | undefined;
  return {
    write(record, essential) {
      if (sink === undefined && !existsSync(file)) {
        throw new AuthError(
          "unavailable",
          `The audit file ${file} does not exist. The gateway makes it when it starts`,
        );
      }
      sink ??= jsonLines(file, { fsync, platform });
      return sink.write(record, essential);
    },
    close: () => sink?.close(),
  };
}
