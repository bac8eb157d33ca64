import { maxHeaderBytes } from "../../listen/connection-limits.js";
import type { LimitsConfig } from "../../listen/listen-config.js";
import { parseDuration, toDuration } from "../duration.js";
import { bytes, count, duration, object } from "../schema.js";
import { readTimeouts } from "../timeouts.js";
import { type Section, section } from "./section.js";

export interface GatewayLimits extends LimitsConfig {
  /** How long a stop still takes requests while the gateway says that it is not ready. */
  readonly stopDelayMs: number;
}

const timeouts = {
  headersTimeout: duration("10s", "From accept, or the end of the last request, to a complete header block."),
  readTimeout: duration(
    "60s",
    "How long a client may take nothing of an answer while bytes of it are ready; then its connection (HTTP/2: its stream) ends. " +
      "Streams and WebSockets of authenticated callers have the `readTimeout` of their route.",
  ),
  stopTimeout: duration(
    "25s",
    "How long a stop takes at most, `stopDelay` included: calls under way may finish, and WebSockets are closed one after the other. " +
      "Less than the 30 s after which Kubernetes kills a process.",
  ),
};

const schema = object(
  {
    ...timeouts,
    stopDelay: duration(
      "0s",
      "How long a stop by SIGTERM still takes requests while `/readyz` is 503: balancers need a moment to notice. SIGINT skips it.",
    ),
    maxConnections: count(10_000, "Connections at a time, of all listeners together."),
    maxHeaderBytes: {
      ...bytes(8_192, 65_536),
      default: maxHeaderBytes,
      description:
        "The header block of a request, in HTTP/1 and HTTP/2; a longer one is answered 431. Raise the limit of your upstreams with it.",
    },
    maxAuthorizationLength: {
      ...bytes(256, 65_536),
      description:
        "One `Authorization`; a longer one is answered 431. Tokens with many groups have 10 KiB. Default: as `maxHeaderBytes`.",
    },
  },
  [],
  "Against slow and many clients.",
);

export const limitsSection: Section<GatewayLimits> = section(schema, (raw = {}, path, context) => {
  const { maxConnections = 10_000, maxHeaderBytes: most = maxHeaderBytes, maxAuthorizationLength = most } = raw;
  if (maxAuthorizationLength > most) {
    const message = `limits.maxAuthorizationLength is above maxHeaderBytes (${most}), of which it is a part; lower it, or raise that`;
    context.report([...path, "maxAuthorizationLength"], message);
  }
  const times = readTimeouts(object(timeouts, [], ""), raw, path, context);
  const stopDelayMs = parseDuration(raw.stopDelay ?? "0s") ?? 0;
  if (stopDelayMs >= times.stopTimeoutMs) {
    const message = `limits.stopDelay must be shorter than stopTimeout (${toDuration(times.stopTimeoutMs)}), of which it is a part`;
    context.report([...path, "stopDelay"], message);
  }
  return Object.freeze({ ...times, stopDelayMs, maxConnections, maxHeaderBytes: most, maxAuthorizationLength });
});
