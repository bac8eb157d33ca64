/** A detail of an error, as Connect writes it. */
export interface ErrorDetail {
  /** The name of its message. */
  readonly type: string;
  /** The message in base64 without padding. */
  readonly value: string;
}

/** A field of a message of Protocol Buffers. */
interface Field {
  readonly number: number;
  readonly data: Uint8Array;
}

const canonical = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

/**
 * Reads the details of `grpc-status-details-bin`, a `google.rpc.Status` in base64: its field 3, each a
 * `google.protobuf.Any` of a type URL and a message. Its code and message are those of `grpc-status` and `grpc-message`,
 * which alone count.
 *
 * @returns none when it is malformed: the error itself is not
 */
export function readStatusDetails(value: string): readonly ErrorDetail[] {
  if (!canonical.test(value)) return [];
  const details: ErrorDetail[] = [];
  const fields = readFields(Buffer.from(value, "base64"));
  if (fields === undefined) return [];
  for (const { number, data } of fields) {
    if (number !== 3) continue;
    const any = readFields(data);
    if (any === undefined) return [];
    const url = any.findLast((field) => field.number === 1)?.data ?? nothing;
    const message = any.findLast((field) => field.number === 2)?.data ?? nothing;
    const name = Buffer.from(url).toString("utf8");
    details.push({ type: name.slice(name.lastIndexOf("/") + 1), value: toUnpadded(message) });
  }
  return details;
}

const nothing = new Uint8Array();

function toUnpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64").replace(/=+$/, "");
}

/** Reads the fields with a length; those of a fixed size and numbers are skipped. `undefined`: malformed. */
function readFields(bytes: Uint8Array): readonly Field[] | undefined {
  const fields: Field[] = [];
  let at = 0;
  function varint(): number {
    let value = 0;
    for (let factor = 1; at < bytes.length && factor < 2 ** 70; factor *= 128) {
      const byte = bytes[at] as number;
      at += 1;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    return Number.NaN;
  }
  while (at < bytes.length) {
    const tag = varint();
    const kind = tag % 8;
    let size = kind === 1 ? 8 : kind === 5 ? 4 : 0;
    if (kind === 0 && Number.isNaN(varint())) return undefined;
    if (kind === 2) size = varint();
    // A length that is no number is above nothing: the comparison must be the one that fails.
    if (![0, 1, 2, 5].includes(kind) || !(size <= bytes.length - at)) return undefined;
    if (kind === 2) fields.push({ number: (tag - kind) / 8, data: bytes.subarray(at, at + size) });
    at += size;
  }
  return fields;
}
