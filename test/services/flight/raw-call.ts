import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";

/** What a call brought, block by block. */
export interface RawAnswer {
  readonly headers: IncomingHttpHeaders;
  /** `undefined` when the header block was all. */
  readonly trailers: IncomingHttpHeaders | undefined;
  readonly messages: readonly Buffer[];
  /** The code of the reset that ended the stream; 0 is none. */
  readonly rstCode: number;
}

/** One gRPC call by hand: what a library hides (blocks, half-close, resets) is what is asked about here. */
export interface RawCall {
  send(message: Uint8Array): void;
  sendBytes(bytes: Uint8Array): void;
  halfClose(): void;
  /** The next message of the server. */
  next(): Promise<Buffer | undefined>;
  /** The stream is over. */
  readonly answer: Promise<RawAnswer>;
  readonly headersSeen: () => boolean;
  close(): void;
}

export function frame(message: Uint8Array, flags = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(flags);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

export function openCall(
  origin: string,
  path: string,
  headers: Readonly<Record<string, string | string[]>> = {},
  session: ClientHttp2Session = connect(origin),
): RawCall {
  const stream = session.request(
    { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers", ...headers },
    { endStream: false },
  );
  const messages: Buffer[] = [];
  const waiting: ((message: Buffer | undefined) => void)[] = [];
  let taken = 0;
  let received: IncomingHttpHeaders = {};
  let trailers: IncomingHttpHeaders | undefined;
  let seen = false;
  let held = Buffer.alloc(0);
  session.on("error", () => {});
  stream.on("error", () => {});
  stream.on("response", (block) => {
    seen = true;
    received = block;
  });
  stream.on("trailers", (block) => {
    trailers = block;
  });
  stream.on("data", (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    while (held.length >= 5 && held.length >= 5 + held.readUInt32BE(1)) {
      const end = 5 + held.readUInt32BE(1);
      messages.push(held.subarray(5, end));
      held = held.subarray(end);
      if (waiting.length > 0) waiting.shift()?.(messages[taken++]);
    }
  });
  const answer = new Promise<RawAnswer>((resolve) => {
    const over = () => {
      for (const wake of waiting.splice(0)) wake(undefined);
      resolve({ headers: received, trailers, messages, rstCode: stream.rstCode });
      session.destroy();
    };
    // The server's end of it: a client that never half-closes is still there then.
    stream.on("end", over).on("close", over);
  });
  return {
    answer,
    headersSeen: () => seen,
    send: (message) => void stream.write(frame(message)),
    sendBytes: (bytes) => void stream.write(bytes),
    halfClose: () => void stream.end(),
    next() {
      if (taken < messages.length) return Promise.resolve(messages[taken++]);
      if (stream.closed) return Promise.resolve(undefined);
      return new Promise((resolve) => waiting.push(resolve));
    },
    close: () => stream.close(8),
  };
}

/** A call whose messages are all sent at once. */
export function rawCall(
  origin: string,
  path: string,
  headers: Readonly<Record<string, string | string[]>> = {},
  messages: readonly Uint8Array[] = [],
): Promise<RawAnswer> {
  const call = openCall(origin, path, headers);
  for (const message of messages) call.send(message);
  call.halfClose();
  return call.answer;
}

/** The status of an answer, wherever it came. */
export function statusOf({ headers, trailers }: RawAnswer): { code: number; reason: unknown; message: string } {
  const block = trailers ?? headers;
  return {
    code: Number(block["grpc-status"]),
    reason: block["sallyport-reason"],
    message: decodeURIComponent(String(block["grpc-message"] ?? "")),
  };
}
