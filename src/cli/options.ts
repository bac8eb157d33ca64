import { InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../gateway/config/duration.js";

/** Makes `--config`, the same for all commands. */
export function configOption(): Option {
  return new Option("-c, --config <file>", "the configuration").default("gate.yaml").env("SALLYPORT_CONFIG");
}

/** Parses a duration such as `10m` to milliseconds. */
export function durationArgument(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError("Give a duration with its unit, such as 30s, 10m, 12h or 7d.");
  return ms;
}

/** Makes an option for a duration. Help shows its default as a user would write it. */
export function durationOption(flags: string, description: string, fallback: string): Option {
  return new Option(flags, description).argParser(durationArgument).default(durationArgument(fallback), fallback);
}

/** Parses an instant to milliseconds since 1970. It must have a time zone, since it is ambiguous without one. */
export function instantArgument(text: string): number {
  const isInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/.test(text);
  const instant = isInstant ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(instant)) {
    throw new InvalidArgumentError("Give an instant with its zone, such as 2026-11-22T09:30:00Z.");
  }
  return instant;
}
