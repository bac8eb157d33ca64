import type { Socket } from "node:net";

/** `ExtendedRequest` with message id 1 and the name 1.3.6.1.4.1.1466.20037 (RFC 4511 §4.14.1). */
const request = Buffer.concat([
  Buffer.from([0x30, 0x1d, 0x02, 0x01, 0x01, 0x77, 0x18, 0x80, 0x16]),
  Buffer.from("1.3.6.1.4.1.1466.20037"),
]);

/** The longest answer in bytes. It is a result code and a sentence, below a kilobyte. */
const maxAnswer = 4_096;

/**
 * Asks for TLS on a connection in the clear. It is done here and not by the client library: bytes that an attacker on
 * the network appends to the answer must not be read as if they had come inside TLS (the class of CVE-2011-0411), so
 * any byte after the answer ends the connection.
 *
 * @throws when the server refuses, or more than one answer arrives
 */
export async function requestStartTls(socket: Socket): Promise<void> {
  const answer = await new Promise<Buffer>((resolve, reject) => {
    let received = Buffer.alloc(0);
    const onData = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const end = endOf(received, 0);
      if (received.length > maxAnswer || (end !== undefined && received.length > end)) {
        reject(new Error("more than the answer to StartTLS came"));
      } else if (end === received.length) {
        socket.off("data", onData);
        socket.pause();
        resolve(received);
      }
    };
    socket.on("data", onData);
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("closed before the answer to StartTLS")));
    socket.write(request);
  });
  if (!isSuccess(answer)) throw new Error("StartTLS was refused");
}

/** `30 … 02 01 01 78 … 0A 01 00`: for message 1, an `ExtendedResponse` whose result is `success`. */
function isSuccess(answer: Buffer): boolean {
  const message = contentAt(answer, 0, 0x30);
  if (message === undefined || answer.toString("hex", message, message + 3) !== "020101") return false;
  const response = contentAt(answer, message + 3, 0x78);
  return response !== undefined && answer.toString("hex", response, response + 3) === "0a0100";
}

/** Returns the offset at which the content of a BER element with this tag begins. */
function contentAt(bytes: Buffer, at: number, tag: number): number | undefined {
  return bytes[at] === tag ? lengthAt(bytes, at + 1)?.next : undefined;
}

/** Returns the offset at which a BER element ends; `undefined` while its length has not arrived. */
function endOf(bytes: Buffer, at: number): number | undefined {
  const found = lengthAt(bytes, at + 1);
  return found && found.next + found.length;
}

/** Reads a definite length of up to four octets (X.690 §8.1.3); Active Directory always writes four. */
function lengthAt(bytes: Buffer, at: number): { readonly length: number; readonly next: number } | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  if (first < 0x80) return { length: first, next: at + 1 };
  const size = first - 0x80;
  if (size < 1 || size > 4 || bytes.length < at + 1 + size) return undefined;
  return { length: bytes.readUIntBE(at + 1, size), next: at + 1 + size };
}
