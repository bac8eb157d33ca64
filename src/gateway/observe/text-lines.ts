import type { DestinationStream } from "pino";

/** Text that needs no quotes in `name=value`. */
const plain = /^[\w./:*@+-]+$/;

/**
 * Returns a stream that takes the log's lines of JSON and writes each as text for people:
 * `2026-11-30T09:00:00.000Z info proxied status=200 …`. Control characters in values are escaped.
 */
export function toTextLines(destination: DestinationStream): DestinationStream {
  return {
    write(line) {
      const { time, level, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
      const rest = Object.entries(fields).map(([name, value]) => `${name}=${toText(value)}`);
      destination.write(`${[time, level, msg, ...rest].join(" ")}\n`);
    },
  };
}

function toText(value: unknown): string {
  return typeof value === "string" && plain.test(value) ? value : JSON.stringify(value);
}
