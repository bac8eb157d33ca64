import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { AuthError } from "../../base/errors.js";
import { createBlockTest } from "../../base/ip-address.js";
import { askCallback } from "../../engine/ask-callback.js";
import type { AuthFront } from "../../engine/front.js";
import type { AuthRequest, Peer } from "../../model/request.js";
import { toTrustedChain } from "./forwarded-for.js";
import { clientAddressOf, relayedClientOf } from "./relayed-client.js";

/** A request of `node:http`, `node:https` or the compatibility API of `node:http2`. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;

/** The response to a `NodeRequest`. */
export type NodeResponse = ServerResponse | Http2ServerResponse;

/**
 * The trusted proxies, whose connections many callers share: address blocks, such as `["10.0.0.0/8", "fd00::/8"]`, or a
 * function that returns whether the peer at this address is one. It gets IPv4 as `203.0.113.7`, never mapped into IPv6.
 */
export type TrustProxy = readonly string[] | ((address: string) => boolean);

/** Node keeps this many header fields when `server.maxHeadersCount` is not set, and drops the rest silently. */
const defaultMaxHeadersCount = 1000;

const sharedPeerKey = Symbol("sallyport.peer");

/** The parts of a request that are read here. A `NodeRequest` fits. */
export type RequestSource = (Start & Pick<IncomingMessage, "socket">) | (Start & Pick<Http2ServerRequest, "stream">);

interface Start {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly rawHeaders: readonly string[];
}

/** Converts Node's requests to the engine's data. */
export interface RequestReader {
  /**
   * Returns the request as `auth.authenticate` takes it.
   *
   * @param url the URL as received. Default: `request.originalUrl`, which Express and similar frameworks keep while a
   *   router removes its mount path from `request.url`, else `request.url`. A DPoP proof names the whole path (RFC 9449
   *   §4.3).
   */
  toAuthRequest(request: RequestSource, url?: string): AuthRequest;
  /** Returns the peer, the same object for all requests of one connection. */
  peerOf(request: RequestSource): Peer;
}

/**
 * Makes a reader of requests.
 *
 * @param given asked at most once per connection about its peer, and about each address that a trusted one names.
 *   Default: no proxy is trusted
 * @param front hears of a function that failed. Default: what it throws is thrown
 * @throws {AuthError} `invalid_options` for a block that is none, or is larger than any private network
 */
export function createRequestReader(given?: TrustProxy, front?: Pick<AuthFront, "callbackFailed">): RequestReader {
  const trustProxy: TrustProxy | undefined =
    typeof given !== "function" || front === undefined
      ? given
      : (address) => askCallback(front, "trustProxy", () => given(address));
  // Readers without a predicate share one peer per connection; each predicate has its own.
  const key = trustProxy === undefined ? sharedPeerKey : Symbol("sallyport.peer");
  const isTrusted = toTrustTest(trustProxy);

  function peerOf(request: RequestSource): Peer {
    // On HTTP/2 the session: `request.socket` is a proxy object of the stream, and loses its properties when the stream
    // ends.
    const connection = "stream" in request ? request.stream.session : request.socket;
    if (connection === undefined) return gone;
    const slots = connection as unknown as Record<symbol, Peer | undefined>;
    slots[key] ??= createPeer(() => ("socket" in connection ? connection.socket : connection), isTrusted);
    return slots[key];
  }

  return {
    peerOf,
    toAuthRequest(request, url = (request as Mounted).originalUrl ?? request.url ?? "") {
      const { method = "", rawHeaders } = request;
      const query = url.indexOf("?");
      return {
        method,
        path: query === -1 ? url : url.slice(0, query),
        rawHeaders,
        truncated: !("stream" in request) && isTruncated(rawHeaders, request.socket),
        peer: peerOf(request),
      };
    },
  };
}

function toTrustTest(trustProxy: TrustProxy | undefined): (address: string) => boolean {
  if (trustProxy === undefined) return () => false;
  // Compared with `true`: the promise of an async function would trust every peer.
  if (typeof trustProxy === "function") return (address) => trustProxy(address) === true;
  if (Array.isArray(trustProxy)) return createBlockTest("trustProxy", trustProxy);
  throw new AuthError(
    "invalid_options",
    'trustProxy must be a list of address blocks, such as ["10.0.0.0/8"], or a function',
  );
}

/** A request that a router may have taken a mount off. */
interface Mounted {
  readonly originalUrl?: string;
}

/**
 * Converts a Node request to the data that `auth.authenticate` takes. No proxy is trusted. The path is the one as
 * received.
 */
export function toAuthRequest(request: NodeRequest): AuthRequest {
  return sharedReader.toAuthRequest(request);
}

const sharedReader = createRequestReader();

/** Whether Node dropped header fields, on HTTP/1 only: `node:http2` refuses a header block that is too long. */
function isTruncated(rawHeaders: readonly string[], socket: Socket): boolean {
  const { server } = socket as Socket & { server?: { maxHeadersCount?: number | null } };
  const limit = server?.maxHeadersCount ?? defaultMaxHeadersCount;
  return limit > 0 && rawHeaders.length >= 2 * limit;
}

/** The peer of a stream that was destroyed meanwhile. */
const gone: Peer = Object.freeze({ address: "", trusted: false });

/** Makes a peer. Each property is read at its first use: most requests use none. */
function createPeer(socketOf: () => Socket | TLSSocket, isTrusted: (address: string) => boolean): Peer {
  let address = "";
  let trusted: boolean | undefined;
  let certificate: Uint8Array | undefined;
  let certificateRead = false;
  return {
    get address() {
      if (address === "") address = whileOpen(() => clientAddressOf(socketOf())) ?? "";
      return address;
    },
    get trusted() {
      if (trusted === undefined && this.address !== "") {
        trusted = whileOpen(() => relayedClientOf(socketOf())?.isNamed) !== false && isTrusted(this.address);
      }
      return trusted ?? false;
    },
    get certificate() {
      if (!certificateRead) {
        certificate = whileOpen(() => readCertificate(socketOf()));
        certificateRead = true;
      }
      return certificate;
    },
    clientOf: (rawHeaders) => toTrustedChain(rawHeaders, isTrusted)[0],
  };
}

/** Returns `undefined` when the HTTP/2 session has closed: its socket then throws at any access. */
function whileOpen<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Returns the client certificate in DER, if the TLS layer has verified it: `rejectUnauthorized: false` accepts any. */
function readCertificate(socket: Socket | TLSSocket): Uint8Array | undefined {
  // Not by `in`: the socket of an HTTP/2 session is a proxy object that handles `get` only.
  const { authorized, getPeerCertificate } = socket as Partial<TLSSocket>;
  if (getPeerCertificate === undefined || authorized !== true) return undefined;
  return (socket as TLSSocket).getPeerCertificate(true)?.raw;
}
