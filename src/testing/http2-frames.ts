import { connect } from "node:net";

/**
 * Sends one HTTP/2 request in hand-made frames and returns the status: Node's client cannot send a field twice, nor
 * bytes that no header may have. `undefined` when the server refuses the stream or the connection.
 *
 * @param fields bytes as latin1.
 */
export function http2Status(
  origin: string,
  path: string,
  fields: readonly (readonly [name: string, value: string])[],
): Promise<number | undefined> {
  const url = new URL(origin);
  const pseudo = [":method", "GET", ":scheme", "http", ":authority", url.host, ":path", path];
  const all = [...Array.from({ length: 4 }, (_, index) => pseudo.slice(index * 2, index * 2 + 2)), ...fields];
  // HPACK: literals without indexing and without Huffman coding (RFC 7541 §6.2.2).
  const block = Buffer.concat(all.flatMap(([name = "", value = ""]) => [Buffer.of(0), literal(name), literal(value)]));
  const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  return new Promise((resolve) => {
    const socket = connect(Number(url.port), url.hostname, () => {
      socket.write(Buffer.concat([preface, frame(4, 0, 0, Buffer.alloc(0)), frame(1, 0x05, 1, block)]));
    });
    let received = Buffer.alloc(0);
    socket.on("error", () => undefined).on("close", () => resolve(undefined));
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 9 && received.length >= 9 + received.readUIntBE(0, 3)) {
        const payload = received.subarray(9, 9 + received.readUIntBE(0, 3));
        if (received[3] === 1) resolve(statusOf(payload));
        // RST_STREAM or GOAWAY
        if (received[3] === 3 || received[3] === 7) resolve(undefined);
        if (received[3] === 1 || received[3] === 3) socket.destroy();
        received = received.subarray(9 + payload.length);
      }
    });
  });
}

function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A string literal with its length as a 7-bit prefix integer (RFC 7541 §5.1, §5.2). */
function literal(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  if (bytes.length < 127) return Buffer.concat([Buffer.of(bytes.length), bytes]);
  const length = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest >>>= 7) length.push((rest & 127) | 128);
  return Buffer.concat([Buffer.of(...length, rest), bytes]);
}

/** `:status` comes first: an entry of the static table, or a literal whose digits are Huffman-coded. */
function statusOf(block: Uint8Array): number {
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
