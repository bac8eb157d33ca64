import { request as http1Request, type IncomingHttpHeaders } from "node:http";
import { connect, constants } from "node:http2";
import { connect as connectSocket } from "node:net";
import { valuesOf } from "../../model/raw-headers.js";

/** A request of a test. Headers are name, value, name, value, so that a field may occur twice. */
export interface Call {
  readonly path: string;
  readonly method?: string;
  readonly headers?: readonly string[];
  readonly body?: Uint8Array | string;
}

export interface Answer {
  readonly status: number;
  /** The headers as Node merges them. `challenges` has every `www-authenticate` of `rawHeaders`. */
  readonly headers: IncomingHttpHeaders;
  readonly challenges: readonly string[];
  readonly body: Buffer;
}

/** A client of one protocol. It keeps connections between calls. */
export interface Wire {
  call(call: Call): Promise<Answer>;
  close(): void;
}

export function createHttp1Wire(origin: string): Wire {
  return {
    call: ({ path, method = "GET", headers = [], body }) =>
      new Promise((resolve, reject) => {
        const url = new URL(path, origin);
        const fields = ["host", url.host, ...headers];
        if (body !== undefined) fields.push("content-length", String(Buffer.byteLength(body)));
        const request = http1Request(url, { method, headers: fields, agent: false }, (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () => {
            const challenges = valuesOf(response.rawHeaders, "www-authenticate");
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              challenges,
              body: Buffer.concat(chunks),
            });
          });
        });
        request.on("error", reject);
        request.end(body);
      }),
    close: () => undefined,
  };
}

export function createHttp2Wire(origin: string): Wire {
  const session = connect(origin);
  session.on("error", () => undefined);
  return {
    call: ({ path, method = "GET", headers = [], body }) =>
      new Promise((resolve, reject) => {
        const fields: Record<string, string> = { ":path": path, ":method": method };
        for (let index = 0; index < headers.length; index += 2) {
          fields[(headers[index] ?? "").toLowerCase()] = headers[index + 1] ?? "";
        }
        const stream = session.request(fields, { endStream: body === undefined });
        let answer: IncomingHttpHeaders & { ":status"?: number | undefined } = {};
        const chunks: Buffer[] = [];
        let challenges: readonly string[] = [];
        // The typings lack the third parameter: the fields as received.
        stream.on("response", (received, ...rest: unknown[]) => {
          answer = received;
          challenges = valuesOf(rest[1] as string[], "www-authenticate");
        });
        stream.on("data", (chunk: Buffer) => chunks.push(chunk));
        stream.on("error", reject);
        stream.on("close", () => {
          if (stream.rstCode !== constants.NGHTTP2_NO_ERROR) return;
          resolve({ status: answer[":status"] ?? 0, headers: answer, challenges, body: Buffer.concat(chunks) });
        });
        if (body !== undefined) stream.end(body);
      }),
    close: () => session.destroy(),
  };
}

/**
 * Writes bytes to a new connection and returns the bytes that arrive until it closes. For pipelining and malformed
 * requests.
 */
export function exchange(origin: string, bytes: string | Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const url = new URL(origin);
    const socket = connectSocket(Number(url.port), url.hostname, () => socket.write(bytes));
    let received = "";
    socket.setEncoding("latin1").on("data", (text: string) => {
      received += text;
    });
    socket.on("error", reject).on("close", () => resolve(received));
  });
}
