/** What RFC 3986 §3.3 lets into a path. */
const form = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*$/;

/** Controls, DEL and those from U+0080 to U+009F: they end strings and lines. */
const control = /\p{Cc}/u;

const octet = /%[0-9A-Fa-f]{2}/;

/** A segment of dots, in any reading, leads to another path. */
const dotSegment = /\/\.{1,2}(?:\/|$)/;

/** A host to a parser of URLs. */
const twoSlashes = /^\/[\\/]/;

/** Servers decode once or twice. What still holds an octet after so many times is refused. */
const mostDecodings = 3;

/** What some server makes of a path, each in this order, and others do not. */
const habits: readonly ((path: string) => string)[] = [
  (path) => path.replaceAll("\\", "/"),
  (path) => path.replace(/[?#].*$/s, ""),
  (path) => path.replace(/;[^/]*/g, ""),
  (path) => path.replace(/\/{2,}/g, "/"),
];

/**
 * Returns all that servers may read from a path that `readPath` refuses: encoded separators, empty segments,
 * parameters, octets that are encoded twice. Each is decoded, and begins with `/`. `undefined` when a reading has a segment of
 * dots or a control, begins with two slashes, which is a host to a parser of URLs, or is not UTF-8.
 *
 * @param path as received, without the query
 */
export function readingsOf(path: string): ReadonlySet<string> | undefined {
  if (path.charCodeAt(0) !== 47 || !form.test(path)) return undefined;
  const decoded = decodings(path);
  if (decoded === undefined) return undefined;
  const readings = new Set<string>();
  for (const text of decoded) {
    for (let chosen = 0; chosen < 2 ** habits.length; chosen += 1) {
      let reading = text;
      for (const [index, habit] of habits.entries()) if ((chosen & (1 << index)) !== 0) reading = habit(reading);
      if (control.test(reading) || dotSegment.test(reading) || twoSlashes.test(reading)) return undefined;
      readings.add(reading);
    }
  }
  return readings;
}

/** The path with its separators as they are, and decoded once, twice, and until nothing is left to decode. */
function decodings(path: string): readonly string[] | undefined {
  const first = decode(path.replace(/%(?:25|2f|5c|3b|3f|23)/gi, (separator) => `%25${separator.slice(1)}`));
  if (first === undefined) return undefined;
  const all = [first];
  let text = path;
  for (let time = 0; octet.test(text); time += 1) {
    const next = time === mostDecodings ? undefined : decode(text);
    if (next === undefined) return undefined;
    all.push(next);
    text = next;
  }
  return all;
}

function decode(text: string): string | undefined {
  // A percent sign of the text itself, such as of `50%25off`, begins no octet in the next decoding.
  try {
    return decodeURIComponent(text.replace(/%(?![0-9A-Fa-f]{2})/g, "%25"));
  } catch {
    return undefined;
  }
}
