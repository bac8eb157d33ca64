import type { LimitsConfig } from "../../listen/listen-config.js";
import { count, duration, object } from "../schema.js";
import { readTimeouts } from "../timeouts.js";
import { type Section, section } from "./section.js";

const schema = object(
  {
    headersTimeout: duration("10s", "From accept, or the end of the last request, to a complete header block."),
    stopTimeout: duration("30s", "How long a graceful stop waits for calls under way."),
    maxConnections: count(10_000, "Connections at a time, of all listeners together."),
  },
  [],
  "Against slow and many clients.",
);

export const limitsSection: Section<LimitsConfig> = section(schema, (raw = {}, path, context) =>
  Object.freeze({ ...readTimeouts(schema, raw, path, context), maxConnections: raw.maxConnections ?? 10_000 }),
);
