import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { toUserPass } from "../../credentials/user-pass.js";
import { fromUtf8 } from "../../wire/bytes.js";

/**
 * Reads an `arrow.flight.protocol.BasicAuth`, strictly: user name and password, each once, as text, and no other field.
 * Its field numbers are reserved in every other payload, so no other payload is read as one.
 *
 * @returns the payload of Basic credentials, or `undefined` for bytes that are no such message.
 */
export function readBasicAuth(message: Uint8Array): string | undefined {
  const fields = new Map<number, string>();
  try {
    const reader = new BinaryReader(message);
    while (reader.pos < reader.len) {
      const [number, type] = reader.tag();
      if (type !== WireType.LengthDelimited || (number !== 2 && number !== 3) || fields.has(number)) return undefined;
      const text = fromUtf8(reader.bytes());
      if (text === undefined) return undefined;
      fields.set(number, text);
    }
  } catch {
    return undefined;
  }
  const user = fields.get(2);
  const password = fields.get(3);
  return user === undefined || password === undefined ? undefined : toUserPass(user, password);
}
