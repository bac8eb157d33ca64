import type { DestinationStream } from "pino";

/** Text that needs no quotes in `name=value`. */
const plain = /^[\w./:*@+-]+$/;

/**
 * What JSON leaves as it is and a terminal obeys: DEL, U+0080 to U+009F (U+009B begins a control sequence, as ESC [ does),
 * what ends a line, and what turns the direction of writing or hides.
 */
const obeyed = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

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
  return typeof value === "string" && plain.test(value) ? value : JSON.stringify(value).replace(obeyed, toEscapes);
}

/** As JSON does it: the value can still be read by a parser. */
function toEscapes(character: string): string {
  return character.split("").map(toEscape).join("");
}

function toEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
