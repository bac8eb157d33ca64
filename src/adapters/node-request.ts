import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { AuthRequest } from "../decision.js";
import type { Peer } from "../handlers/handler.js";

/** A request of `node:http`, `node:https` or the compatibility API of `node:http2`. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;
/** Its response. */
export type NodeResponse = ServerResponse | Http2ServerResponse;

/** Is the peer at this address a proxy of ours, which many callers share? */
export type TrustProxy = (address: string) => boolean;

/** Node keeps this many header fields when `server.maxHeadersCount` is not set, and drops the rest silently. */
const defaultMaxHeadersCount = 1000;

const sharedPeerKey = Symbol("sallyport.peer");

/**
 * Makes the function that turns a Node request into what `auth.authenticate` reads.
 *
 * @param trustProxy asked at most once per connection; default: no proxy is trusted.
 */
export function createToAuthRequest(trustProxy?: TrustProxy): (request: NodeRequest, url?: string) => AuthRequest {
  // Guards without a predicate share one peer per connection; a predicate has peers of its own.
  const key = trustProxy === undefined ? sharedPeerKey : Symbol("sallyport.peer");
  return function toAuthRequest(request, url = request.url ?? "") {
    const http1 = !("stream" in request);
    const rawHeaders = request.rawHeaders;
    const query = url.indexOf("?");
    return {
      method: request.method ?? "",
      path: query === -1 ? url : url.slice(0, query),
      rawHeaders,
      truncated: http1 && isTruncated(rawHeaders, request.socket),
      peer: peerOf(http1 ? request.socket : (request.stream.session ?? request.stream), request, key, trustProxy),
    };
  };
}

/** What `auth.authenticate` reads of a Node request. The peer is remembered on the connection, and is not trusted. */
export const toAuthRequest: (request: NodeRequest, url?: string) => AuthRequest = createToAuthRequest();

/** HTTP/1 only: `node:http2` refuses a header block that is too long. */
function isTruncated(rawHeaders: readonly string[], socket: Socket): boolean {
  const { server } = socket as Socket & { server?: { maxHeadersCount?: number | null } };
  const limit = server?.maxHeadersCount ?? defaultMaxHeadersCount;
  return limit > 0 && rawHeaders.length >= 2 * limit;
}

/**
 * @param connection the socket, or the HTTP/2 session: `request.socket` is a new proxy object there.
 */
function peerOf(connection: object, request: NodeRequest, key: symbol, trustProxy: TrustProxy | undefined): Peer {
  const slots = connection as Record<symbol, Peer | undefined>;
  slots[key] ??= createPeer(request.socket, trustProxy);
  return slots[key];
}

/** Each property is read when first asked for: most requests ask for none, and a closed socket has none. */
function createPeer(socket: Socket, trustProxy: TrustProxy | undefined): Peer {
  let address: string | undefined;
  let trusted: boolean | undefined;
  let certificate: Uint8Array | undefined;
  let certificateRead = false;
  return {
    get address() {
      address ??= socket.remoteAddress;
      return address ?? "";
    },
    get trusted() {
      trusted ??= trustProxy?.(this.address) ?? false;
      return trusted;
    },
    get certificate() {
      if (!certificateRead) {
        certificate = readCertificate(socket);
        certificateRead = true;
      }
      return certificate;
    },
  };
}

/** DER. Only a certificate that the TLS layer has verified: `rejectUnauthorized: false` lets any through. */
function readCertificate(socket: Socket): Uint8Array | undefined {
  const { authorized, getPeerCertificate } = socket as Partial<TLSSocket>;
  if (authorized !== true || getPeerCertificate === undefined) return undefined;
  return (socket as TLSSocket).getPeerCertificate(true)?.raw;
}
