import { type Platform, systemPlatform } from "../../../base/platform.js";
import type { Connect, ForwardedRequest } from "../exchange.js";

/** Options of `createHttp2Forwarder`. */
export interface Http2ForwarderOptions {
  readonly connect: Connect;
  /** Host and port of the upstream, by which failures are told to operators. */
  readonly address: string;
  readonly maxConnections: number;
  /**
   * The streams on one connection, if the upstream allows as many. Default: 1,000, since Node's servers allow 2^32, and a
   * pool without an end has no shares.
   */
  readonly maxStreamsPerConnection?: number;
  /** How long an exchange waits for a connection, or for a stream on one. Milliseconds. */
  readonly connectTimeoutMs: number;
  /** The longest time from the end of a request to the head of its answer. Milliseconds. */
  readonly headersTimeoutMs: number;
  /** The longest time between two parts of an answer, while they are taken. Milliseconds. */
  readonly bodyTimeoutMs: number;
  /**
   * Whether `headersTimeoutMs` and `bodyTimeoutMs` hold for a request. Default: for all. Streams of RPCs may be silent for
   * hours; a connection that is dead is found by its PING.
   */
  readonly isTimed?: (request: ForwardedRequest) => boolean;
  /** The size of an answer's head, and of its trailers: each field's name and value, and 32 (RFC 9113 §6.5.2). Bytes. */
  readonly maxHeadBytes: number;
  /**
   * What an upstream may send ahead on one stream. Bytes. Default: 256 KiB. It is also what a caller that does not read
   * makes the gateway keep. A connection of 10 ms carries 25 MB/s on one stream with it.
   */
  readonly windowBytes?: number;
  readonly platform?: Platform;
}

/** Every option, with its default where it was left out. */
export type Http2Options = Required<Http2ForwarderOptions>;

export function resolveHttp2Options(input: Http2ForwarderOptions): Http2Options {
  return Object.freeze({
    connect: input.connect,
    address: input.address,
    maxConnections: input.maxConnections,
    maxStreamsPerConnection: input.maxStreamsPerConnection ?? 1_000,
    connectTimeoutMs: input.connectTimeoutMs,
    headersTimeoutMs: input.headersTimeoutMs,
    bodyTimeoutMs: input.bodyTimeoutMs,
    isTimed: input.isTimed ?? (() => true),
    maxHeadBytes: input.maxHeadBytes,
    windowBytes: input.windowBytes ?? 256 * 1024,
    platform: input.platform ?? systemPlatform,
  });
}
