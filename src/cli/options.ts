import { InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../gateway/config/duration.js";

/** `--config`, the same for all commands. */
export function configOption(): Option {
  return new Option("-c, --config <file>", "the configuration").default("gate.yaml").env("SALLYPORT_CONFIG");
}

/** `10m` as milliseconds. */
export function durationArgument(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError("Give a duration with its unit, such as 30s, 10m, 12h or 7d.");
  return ms;
}

/** A duration with a default that help shows as it would be written. */
export function durationOption(flags: string, description: string, fallback: string): Option {
  return new Option(flags, description).argParser(durationArgument).default(durationArgument(fallback), fallback);
}

/** An instant as milliseconds since 1970. Without a zone it could be two, so there must be one. */
export function instantArgument(text: string): number {
  const isInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/.test(text);
  const instant = isInstant ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(instant)) {
    throw new InvalidArgumentError("Give an instant with its zone, such as 2026-11-22T09:30:00Z.");
  }
  return instant;
}
