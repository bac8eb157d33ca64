import { request as requestHttp1 } from "node:http";
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";

/** What a caller saw of one call. */
export interface Outcome {
  status?: number | undefined;
  body: string;
  fields: Record<string, unknown>;
  trailers: Record<string, unknown>;
  hints: number;
  /** The answer ended by its framing. */
  isWhole: boolean;
}

export interface Call {
  readonly method?: string;
  readonly path: string;
  readonly body?: string;
  readonly fields?: Record<string, string>;
}

export function callHttp1(origin: string, { method = "GET", path, body, fields = {} }: Call): Promise<Outcome> {
  return new Promise((resolve) => {
    const outcome: Outcome = { body: "", fields: {}, trailers: {}, hints: 0, isWhole: false };
    const request = requestHttp1(`${origin}${path}`, { method, headers: fields, agent: false });
    request.on("information", ({ statusCode }) => {
      if (statusCode === 103) outcome.hints += 1;
    });
    request.on("error", () => resolve(outcome));
    request.on("response", (response) => {
      outcome.status = response.statusCode;
      outcome.fields = response.headers;
      response
        .on("error", () => {})
        .on("data", (chunk) => {
          outcome.body += String(chunk);
        });
      response.on("close", () => {
        outcome.trailers = response.trailers;
        outcome.isWhole = response.complete;
        resolve(outcome);
      });
    });
    request.end(body);
  });
}

export function callHttp2(
  session: ClientHttp2Session,
  { method = "GET", path, body, fields = {} }: Call,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const outcome: Outcome = { body: "", fields: {}, trailers: {}, hints: 0, isWhole: false };
    const head = { ...fields, ":method": method, ":path": path };
    const stream = session.request(head, { endStream: body === undefined });
    stream.on("headers", ({ ":status": status }: IncomingHttpHeaders & { ":status"?: number }) => {
      if (status === 103) outcome.hints += 1;
    });
    stream.on("response", (headers) => {
      outcome.status = headers[":status"];
      outcome.fields = headers;
    });
    stream.on("trailers", (trailers) => {
      outcome.trailers = trailers;
    });
    stream.on("data", (chunk) => {
      outcome.body += String(chunk);
    });
    stream.on("error", () => {});
    stream.on("close", () => {
      outcome.isWhole = stream.rstCode === 0;
      resolve(outcome);
    });
    if (body !== undefined) stream.end(body);
  });
}

export function openSession(origin: string, ca: Buffer | undefined): ClientHttp2Session {
  const session = connect(origin, ca === undefined ? {} : { ca, servername: "localhost" });
  return session.on("error", () => {});
}
