import { choice, object } from "../schema.js";
import { type Section, section } from "./section.js";

export interface LogConfig {
  readonly level: "debug" | "info" | "warn" | "error" | "silent";
}

export const logSection: Section<LogConfig> = section(
  object(
    { level: choice(["debug", "info", "warn", "error", "silent"], "info", "Lines of JSON on standard output.") },
    [],
    "The log. It never holds a credential or a token.",
  ),
  (raw = {}) => Object.freeze({ level: raw.level ?? "info" }),
);
