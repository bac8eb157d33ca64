import { choice, object, share } from "../schema.js";
import { type Section, section } from "./section.js";

export interface LogConfig {
  readonly level: "debug" | "info" | "warn" | "error" | "silent";
  /** How many of the requests that were answered without a fault have a line: 0 to 1. */
  readonly requests: number;
  readonly format: "json" | "text";
}

export const logSection: Section<LogConfig> = section(
  object(
    {
      level: choice(["debug", "info", "warn", "error", "silent"], "info", "The least level that is written."),
      requests: share(
        1,
        "How many of the requests that were answered have a line: 1 each, 0.01 one in a hundred, 0 none. Those that were " +
          "refused, failed or answered with a status from 500 always have one.",
      ),
      format: choice(
        ["json", "text"],
        "json",
        "`json`: an object for each line, for collectors. `text`: `name=value`, for people. Takes effect at the next start.",
      ),
    },
    [],
    "The log, on standard output. It never holds a credential, a token or a query.",
  ),
  (raw = {}) =>
    Object.freeze({ level: raw.level ?? "info", requests: raw.requests ?? 1, format: raw.format ?? "json" }),
);
