import { Http2ServerRequest, Http2ServerResponse, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import { continueWhenRead } from "../../adapters/node/continue.js";
import type { ReadProgress } from "./read-progress.js";

/** Request and response of the compatibility API. */
interface NodeExchange {
  readonly request: Http2ServerRequest;
  readonly response: Http2ServerResponse;
}

/** A request of HTTP/2: the `stream` event of `node:http2`. It has the names of Node's requests for what it knows. */
export class StreamRequest {
  readonly stream: ServerHttp2Stream & { readonly endAfterHeaders: boolean };
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly httpVersion = "2.0";
  readonly method: string;
  /** The caller asks for a WebSocket by an extended CONNECT (RFC 8441): `method` is then GET, as over HTTP/1. */
  readonly isWebSocket: boolean;
  /** In place of `limits.readTimeout`. */
  readTimeoutMs: number | undefined = undefined;
  reading: ReadProgress | undefined = undefined;
  #url: string | undefined;
  #node: NodeExchange | undefined;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, rawHeaders: readonly string[]) {
    this.stream = stream as StreamRequest["stream"];
    this.headers = headers;
    this.rawHeaders = rawHeaders;
    this.isWebSocket = headers[":method"] === "CONNECT" && headers[":protocol"] === "websocket";
    this.method = this.isWebSocket ? "GET" : (headers[":method"] ?? "");
  }

  get url(): string {
    return this.#url ?? this.headers[":path"] ?? "";
  }

  set url(url: string) {
    this.#url = url;
  }

  /** The session's; throws when that is gone. */
  get socket(): Socket {
    return this.stream.session?.socket as Socket;
  }

  /** Whether it came over TLS. */
  get isEncrypted(): boolean {
    return this.stream.session?.encrypted === true;
  }

  /** Request and response of the compatibility API, for servers that need it. */
  toNode(): NodeExchange {
    if (this.#node === undefined) {
      const request = Reflect.construct(Http2ServerRequest, [this.stream, this.headers, undefined, this.rawHeaders]);
      const response = Reflect.construct(Http2ServerResponse, [this.stream]);
      if (this.#url !== undefined) request.url = this.#url;
      // A write to a client that has gone away is an error event, and without a listener the end of the process.
      request.on("error", ignore);
      response.on("error", ignore);
      if (this.headers.expect !== undefined) continueWhenRead(request, response);
      this.#node = { request, response };
    }
    return this.#node;
  }
}

function ignore(): void {}
