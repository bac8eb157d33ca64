import { request as nodeRequest } from "node:http";
import { Duplex } from "node:stream";
import { Client } from "undici";

/** What Node's client or undici makes of an answer. */
export interface Reference {
  readonly outcome: "end" | "refused" | "incomplete";
  readonly status: number;
  readonly fields: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
}

export interface ReferenceOptions {
  readonly method: string;
  /** The connection ends behind the answer. */
  readonly isClosed: boolean;
  /** Bytes of each piece. */
  readonly pieces: number;
}

type Mutable = { -readonly [key in keyof Reference]: Reference[key] };

const maxHeaderSize = 131_072;

/** A connection on which this answer comes as soon as a request was written. */
function createConnection(answer: string, { pieces, isClosed }: ReferenceOptions): Duplex {
  let isAsked = false;
  const socket = new Duplex({
    allowHalfOpen: false,
    read() {},
    write(_chunk, _encoding, done) {
      done();
      if (isAsked) return;
      isAsked = true;
      setImmediate(() => {
        for (let at = 0; at < answer.length && !socket.destroyed; at += pieces) {
          socket.push(Buffer.from(answer.slice(at, at + pieces), "latin1"));
        }
        if (isClosed) socket.push(null);
      });
    },
  });
  const nothing = () => socket;
  return Object.assign(
    socket.on("error", () => {}),
    { setNoDelay: nothing, setKeepAlive: nothing, setTimeout: nothing },
  );
}

/** Long enough for streams that hand on what they have, and for their ends. */
async function turns(): Promise<void> {
  for (let i = 0; i < 8; i += 1) await new Promise(setImmediate);
}

export async function askNode(answer: string, options: ReferenceOptions): Promise<Reference> {
  const seen: Mutable = { outcome: "incomplete", status: 0, fields: [], body: "", trailers: [] };
  const socket = createConnection(answer, options);
  const request = nodeRequest({ method: options.method, maxHeaderSize, createConnection: () => socket });
  request.on("error", () => {
    if (seen.outcome === "incomplete") seen.outcome = "refused";
  });
  request.on("upgrade", () => {
    seen.outcome = "refused";
  });
  request.on("response", (response) => {
    seen.status = response.statusCode ?? 0;
    seen.fields = response.rawHeaders;
    response.on("data", (chunk: Buffer) => {
      seen.body += chunk.toString("latin1");
    });
    response.on("error", () => {
      seen.outcome = "refused";
    });
    response.on("end", () => {
      if (!response.complete) return;
      seen.outcome = "end";
      seen.trailers = response.rawTrailers;
    });
  });
  request.end();
  await turns();
  const result = { ...seen };
  socket.destroy();
  return result;
}

export async function askUndici(answer: string, options: ReferenceOptions): Promise<Reference> {
  const seen: Mutable = { outcome: "incomplete", status: 0, fields: [], body: "", trailers: [] };
  const socket = createConnection(answer, options);
  const client = new Client("http://a.example", {
    maxHeaderSize,
    connect: (_options, opened) => setImmediate(opened, null, socket as never),
  });
  const text = (bytes: Buffer | Buffer[] | null) => ((bytes ?? []) as Buffer[]).map((each) => each.toString("latin1"));
  client.dispatch(
    { path: "/", method: options.method as "GET" },
    {
      onConnect() {},
      onHeaders(status, headers) {
        seen.status = status;
        seen.fields = text(headers);
        return true;
      },
      onData(chunk) {
        seen.body += chunk.toString("latin1");
        return true;
      },
      onComplete(trailers) {
        seen.outcome = "end";
        seen.trailers = text(trailers as unknown as Buffer[]);
      },
      onError() {
        if (seen.outcome === "incomplete") seen.outcome = "refused";
      },
    },
  );
  await turns();
  const result = { ...seen };
  socket.destroy();
  void client.destroy();
  return result;
}
