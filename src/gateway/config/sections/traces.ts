import { flag } from "../schema.js";
import { type Section, section } from "./section.js";

/** Whether requests have spans of OpenTelemetry. */
export const tracesSection: Section<boolean> = section(
  flag(
    "Spans of OpenTelemetry for each request and its call to the upstream, by the provider that a file of yours registers " +
      "(`node --import`). Needs the package `@opentelemetry/api`. Takes effect at the next start.",
  ),
  (raw = false) => raw,
);
