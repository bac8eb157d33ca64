import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads an `arrow.flight.protocol.BasicAuth`, strictly: user name and password, each once, as text, and nothing else. Its
 * field numbers are reserved in every other payload, so what is read here can be nothing else.
 *
 * @returns `user:password`, as the bytes of a Basic payload are (RFC 7617 §2), or `undefined`.
 */
export function readBasicAuth(payload: Uint8Array): string | undefined {
  const fields = new Map<number, string>();
  try {
    const reader = new BinaryReader(payload);
    while (reader.pos < reader.len) {
      const [number, type] = reader.tag();
      if (type !== WireType.LengthDelimited || (number !== 2 && number !== 3) || fields.has(number)) return undefined;
      fields.set(number, utf8.decode(reader.bytes()));
    }
  } catch {
    return undefined;
  }
  const user = fields.get(2);
  const password = fields.get(3);
  return user === undefined || password === undefined ? undefined : toUserPass(user, password);
}

/**
 * The first colon of a Basic payload splits it: with "ada:x" as its user, "ada" would log in by "x:…". No account has
 * U+FFFD in its name, so such a name fails in the words and the time of any wrong password.
 */
export function toUserPass(user: string, password: string): string {
  return `${user.replaceAll(":", "\u{fffd}")}:${password}`;
}

/** Go's Deephaven client sends `user:password` itself. */
export function readUserPass(payload: Uint8Array): string | undefined {
  try {
    return utf8.decode(payload);
  } catch {
    return undefined;
  }
}
