import { connect } from "node:net";

type Fields = readonly (readonly [name: string, value: string])[];

/**
 * Sends one HTTP/2 request in hand-made frames and returns its status, since Node's client cannot send a field twice,
 * nor bytes that no header may have. Returns `undefined` when the server refuses the stream or the connection.
 *
 * @param fields names and values, with bytes as latin1
 */
export async function http2Status(origin: string, path: string, fields: Fields): Promise<number | undefined> {
  return (await http2Statuses(origin, path, [fields]))[0];
}

/** Sends many requests at once on one connection, as `http2Status` does. */
export function http2Statuses(
  origin: string,
  path: string,
  requests: readonly Fields[],
): Promise<readonly (number | undefined)[]> {
  const url = new URL(origin);
  const pseudo: Fields = [
    [":method", "GET"],
    [":scheme", "http"],
    [":authority", url.host],
    [":path", path],
  ];
  const heads = requests.map((fields, index) => {
    // HPACK: literals without indexing and without Huffman coding (RFC 7541 §6.2.2).
    const literals = [...pseudo, ...fields].flatMap(([name, value]) => [Buffer.of(0), literal(name), literal(value)]);
    return frame(1, 0x05, 2 * index + 1, Buffer.concat(literals));
  });
  const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  // SETTINGS_HEADER_TABLE_SIZE 0, so that each answer can be read without the previous ones.
  const settings = frame(4, 0, 0, Buffer.of(0, 1, 0, 0, 0, 0));
  const statuses = new Map<number, number | undefined>();
  return new Promise((resolve) => {
    const socket = connect(Number(url.port), url.hostname, () => {
      socket.write(Buffer.concat([preface, settings, ...heads]));
    });
    const done = () => resolve(requests.map((_, index) => statuses.get(2 * index + 1)));
    let received = Buffer.alloc(0);
    socket.on("error", () => undefined).on("close", done);
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 9 && received.length >= 9 + received.readUIntBE(0, 3)) {
        const payload = received.subarray(9, 9 + received.readUIntBE(0, 3));
        const [type, stream] = [received[3], received.readUInt32BE(5)];
        // HEADERS; RST_STREAM of a stream that was not answered.
        if (type === 1 && !statuses.has(stream)) statuses.set(stream, statusOf(payload));
        if (type === 3 && !statuses.has(stream)) statuses.set(stream, undefined);
        received = received.subarray(9 + payload.length);
      }
      if (statuses.size === requests.length) socket.destroy();
    });
  });
}

/** An HTTP/2 frame (RFC 9113 §4.1). */
export function frame(type: number, flags: number, stream: number, payload: Uint8Array = new Uint8Array()): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Writes a string literal with its length as a 7-bit prefix integer (RFC 7541 §5.1, §5.2). */
export function literal(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  if (bytes.length < 127) return Buffer.concat([Buffer.of(bytes.length), bytes]);
  const length = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest >>>= 7) length.push((rest & 127) | 128);
  return Buffer.concat([Buffer.of(...length, rest), bytes]);
}

/** Reads `:status`, the first field: an entry of the static table, or a literal whose digits are Huffman-coded. */
function statusOf(headerBlock: Uint8Array): number {
  // Changes of the table's size precede it (RFC 7541 §6.3).
  const block = headerBlock.subarray(headerBlock.findIndex((byte) => byte >> 5 !== 1));
  const first = block[0] ?? 0;
  const indexed = [200, 204, 206, 304, 400, 404, 500][first - 0x88];
  if (indexed !== undefined) return indexed;
  const length = (block[1] ?? 0) & 0x7f;
  const value = block.subarray(2, 2 + length);
  if (((block[1] ?? 0) & 0x80) === 0) return Number(Buffer.from(value).toString("latin1"));
  let bits = Array.from(value, (byte) => byte.toString(2).padStart(8, "0")).join("");
  let digits = "";
  for (; digits.length < 3; bits = bits.slice(bits.startsWith("000") ? 5 : 6)) {
    // 0, 1, 2 are five bits; 3 to 9 are six, from 011001 (RFC 7541, appendix B).
    digits += bits.startsWith("000") ? Number.parseInt(bits.slice(0, 5), 2) : Number.parseInt(bits.slice(0, 6), 2) - 22;
  }
  return Number(digits);
}
