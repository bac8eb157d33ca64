import { get } from "node:http";
import type { ClientHttp2Session } from "node:http2";
import { WebSocket } from "ws";

/** A stream as its caller sees it. */
export interface OpenedStream {
  /** Whether it goes on, once the upstreams have sent `ping`; how it ended otherwise. */
  readonly fate: Promise<string>;
  close(): void;
}

type Fields = Readonly<Record<string, string>>;

interface Watch {
  /** Something has come. */
  data(text: string): void;
  over(how: string): void;
}

/** @returns when the first message has come; rejects when the stream is refused */
function watch(close: () => void, listen: (on: Watch) => void): Promise<OpenedStream> {
  return new Promise((begun, refused) => {
    const fate = new Promise<string>((resolve) => {
      listen({
        data(text) {
          if (text.includes("ping")) resolve("goes on");
          else begun({ fate, close });
        },
        over(how) {
          resolve(how);
          refused(new Error(`the stream did not begin: ${how}`));
        },
      });
    });
  });
}

/** How each kind of stream must end when its caller is shut out. */
export const endings = { sse: "cut", socket: "close frame 1008", grpc: "grpc-status 16" } as const;

/** A stream of each kind. */
export type OpeningStreams = Readonly<Record<keyof typeof endings, Promise<OpenedStream>>>;

/** Opens a stream of each kind. */
export function openStreams(origin: string, client: ClientHttp2Session, headers: Fields): OpeningStreams {
  return {
    sse: openSse(origin, headers),
    socket: openSocket(origin, headers),
    grpc: openGrpc(client, headers),
  };
}

function openSse(origin: string, headers: Fields): Promise<OpenedStream> {
  const request = get(`${origin}/sse`, { headers, agent: false });
  return watch(
    () => request.destroy(),
    ({ data, over }) => {
      request
        .on("error", (error) => over(error.message))
        .on("response", (response) => {
          if (response.statusCode !== 200) over(`status ${response.statusCode}`);
          response.on("data", (chunk) => data(String(chunk)));
          response.on("end", () => over("ended as if it were whole")).on("error", () => over("cut"));
        });
    },
  );
}

function openSocket(origin: string, headers: Fields): Promise<OpenedStream> {
  const socket = new WebSocket(`${origin.replace("http", "ws")}/socket`, { headers });
  return watch(
    () => socket.terminate(),
    ({ data, over }) => {
      socket.on("message", (text) => data(String(text))).on("error", (error) => over(error.message));
      socket.on("close", (code) => over(`close frame ${code}`));
    },
  );
}

function openGrpc(client: ClientHttp2Session, headers: Fields): Promise<OpenedStream> {
  const call = { ":method": "POST", ":path": "/grpc", "content-type": "application/grpc", te: "trailers" };
  const stream = client.request({ ...call, ...headers });
  return watch(
    () => stream.destroy(),
    ({ data, over }) => {
      stream.on("response", (fields) => {
        if (fields["grpc-status"] !== undefined) over(`refused: ${fields["grpc-status"]}`);
      });
      stream.on("trailers", (fields) => {
        over(`grpc-status ${fields["grpc-status"]}`);
      });
      stream.on("data", (chunk) => data(String(chunk))).on("error", (error) => over(error.message));
      stream.on("close", () => over("no status"));
    },
  );
}

/** The status of a call, the reason of a refusal, and the roles that the upstream was told. */
export function call(
  client: ClientHttp2Session,
  headers: Fields,
): Promise<{ status: number; reason: string; roles: string }> {
  const stream = client.request({ ":path": "/call", ...headers });
  return new Promise((resolve, reject) => {
    let roles = "";
    let fields: Readonly<Record<string, unknown>> = {};
    stream.on("response", (received) => {
      fields = received;
    });
    stream.on("data", (chunk) => {
      roles += chunk;
    });
    stream.on("error", reject);
    stream.on("end", () =>
      resolve({ status: Number(fields[":status"]), reason: String(fields["sallyport-reason"]), roles }),
    );
  });
}
