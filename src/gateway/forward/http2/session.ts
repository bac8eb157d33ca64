import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type OutgoingHttpHeaders,
} from "node:http2";
import type { Socket } from "node:net";
import { keepHandle } from "../../../adapters/node/keep-handle.js";
import type { Failure, UpstreamConnection } from "../exchange.js";
import { toGoawayFailure, toLostFailure } from "./failures.js";
import type { Http2Options } from "./options.js";
import type { SessionStream } from "./session-stream.js";
import { WriteWatch } from "./write-watch.js";

/** What a session tells its pool. */
export interface SessionHost {
  readonly options: Http2Options;
  /** It may take more streams than before, or none any more. */
  onChange(session: UpstreamSession): void;
  onGone(session: UpstreamSession): void;
}

/** RFC 9113 §6.5.2 recommends that no peer allows fewer; until its SETTINGS are there, it is taken for the limit. */
export const assumedStreams = 100;

/** A connection carries 2^30 streams (RFC 9113 §5.1.1). */
const maxStreamsEver = 1_000_000_000;

/** The window of the connection. Node takes it up at once: it bounds what is on the way, and not what is kept. */
const connectionWindowBytes = 4 * 1024 * 1024;

/** A connection with streams is pinged after so long without a sign of life. */
const silenceMs = 30_000;
/** And then so often: of several PINGs in five minutes, and no answer's data between, servers of gRPC make an error. */
const nextPingMs = 6 * 60_000;

const pingTimeoutMs = 10_000;

const idleMs = 60_000;

/** A peer that does not close its half of an ended connection is not waited for. */
const lingerMs = 2_000;

const limits = {
  // Of what the gateway sends: what came from its caller has passed the gateway's own limit.
  maxSendHeaderBlockLength: 1024 * 1024,
  // Megabytes. What bounds memory is the window of each stream.
  maxSessionMemory: 4_096,
  maxOutstandingPings: 2,
  maxSettings: 32,
  maxSessionInvalidFrames: 100,
  peerMaxConcurrentStreams: assumedStreams,
};

/** One HTTP/2 connection to the upstream. */
export class UpstreamSession {
  readonly streams: Set<SessionStream> = new Set();
  readonly scheme: "http" | "https";
  /** The streams that it takes at a time. */
  limit: number;
  /** Takes no new stream: those under way go on. */
  isRetired = false;
  hasSettings = false;
  takesWebSockets = false;
  /** Something came since the last `tick`. */
  isHeard = false;
  /** How many streams it has had. */
  opened = 0;

  readonly #host: SessionHost;
  readonly #session: ClientHttp2Session;
  readonly #socket: Socket;
  /** Streams above it were not processed (RFC 9113 §6.8). */
  #lastStreamId = Number.POSITIVE_INFINITY;
  #goaway: number | undefined;
  #error: NodeJS.ErrnoException | undefined;
  readonly #writes = new WriteWatch();
  /** When it was last heard of, or began to have streams, or had none any more. */
  #quietSince: number;
  /** Its answer has not come. */
  #pingedAt: number | undefined;
  /** It was pinged in this silence. */
  #wasPinged = false;

  constructor({ socket }: UpstreamConnection, host: SessionHost) {
    const { options } = host;
    this.#host = host;
    this.#socket = socket;
    this.#quietSince = options.platform.monotonic();
    this.scheme = "encrypted" in socket ? "https" : "http";
    this.limit = Math.min(assumedStreams, options.maxStreamsPerConnection);
    socket.setKeepAlive(true, silenceMs);
    // Before those of Node, which close the streams with codes that no peer has sent.
    socket.on("error", (error) => this.#note(error));
    const session = connect(`${this.scheme}://upstream`, {
      ...limits,
      createConnection: () => socket,
      // As many as fit. A field that HPACK repeats by one byte could else fill the memory.
      maxHeaderListPairs: Math.max(128, Math.ceil(options.maxHeadBytes / 32)),
      settings: {
        enablePush: false,
        initialWindowSize: options.windowBytes,
        maxHeaderListSize: options.maxHeadBytes,
      },
    });
    this.#session = session;
    keepHandle(session);
    session.setLocalWindowSize(connectionWindowBytes);
    session.on("remoteSettings", (settings) => {
      this.hasSettings = true;
      this.isHeard = true;
      this.limit = Math.min(settings.maxConcurrentStreams ?? assumedStreams, options.maxStreamsPerConnection);
      this.takesWebSockets = settings.enableConnectProtocol === true;
      host.onChange(this);
    });
    session.on("goaway", (code, lastStreamId) => {
      this.isRetired = true;
      this.#goaway = code;
      this.#lastStreamId = Math.min(lastStreamId, this.#lastStreamId);
      // Node closes it when this event is over.
      queueMicrotask(() => host.onChange(this));
    });
    session.on("stream", (stream) => {
      // Of a promise, which was forbidden.
      stream.on("error", () => undefined);
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
    });
    session.on("error", (error) => this.#note(error));
    session.on("close", () => {
      this.isRetired = true;
      host.onGone(this);
    });
  }

  /** Whether it takes one more stream now. */
  get hasRoom(): boolean {
    return (
      !this.isRetired &&
      !this.#writes.isStuck &&
      this.streams.size < this.limit &&
      !this.#session.closed &&
      !this.#session.destroyed
    );
  }

  /** Opens a stream, now being `by.since`; it throws what Node throws. */
  open(head: OutgoingHttpHeaders, by: SessionStream, endStream: boolean): ClientHttp2Stream {
    this.#writes.note(this.opened, this.#socket.bytesWritten, by.since);
    if (this.streams.size === 0) this.#quietSince = by.since;
    const stream = this.#session.request(head, { endStream });
    this.streams.add(by);
    if (++this.opened === maxStreamsEver) this.retire();
    return stream;
  }

  /** A stream of it is over. */
  release(stream: SessionStream): void {
    this.streams.delete(stream);
    if (this.streams.size === 0) {
      this.#quietSince = this.#host.options.platform.monotonic();
      if (this.isRetired) this.#session.close();
    }
    this.#host.onChange(this);
  }

  /** Takes no new stream, and closes after the last one: a GOAWAY would overtake the head of a request. */
  retire(): void {
    this.isRetired = true;
    if (this.streams.size === 0) this.#session.close();
  }

  destroy(): void {
    this.isRetired = true;
    this.#session.destroy();
    this.#socket.destroy();
  }

  /**
   * Whether the upstream says, or it is certain, that it has not begun with a stream that is closed (RFC 9113 §8.7).
   *
   * @param ordinal `opened` when it was opened
   */
  hasRefused(stream: ClientHttp2Stream, ordinal: number): boolean {
    if (this.#writes.isUnsent(ordinal)) return true;
    const { id } = stream;
    return id === undefined || id > this.#lastStreamId || stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
  }

  /**
   * Why a stream ended that did not end by itself, or `undefined` when it alone was reset.
   *
   * @param error the one that Node emitted for it
   */
  failureOf(stream: ClientHttp2Stream, error: NodeJS.ErrnoException | undefined): Failure | undefined {
    const { address } = this.#host.options;
    if (this.#goaway !== undefined && (this.#session.destroyed || (stream.id ?? 0) > this.#lastStreamId))
      return toGoawayFailure(this.#goaway, address);
    const isOwn = error !== undefined && error.code !== "ERR_HTTP2_STREAM_ERROR";
    if (!isOwn && !this.#session.destroyed) return undefined;
    return toLostFailure(this.#error ?? (isOwn ? error : undefined), !this.hasSettings, address);
  }

  /** Called every half a second. */
  tick(now: number): void {
    for (const stream of this.streams) stream.tick(now);
    this.#watchWrites(now);
    if (this.isHeard) {
      this.isHeard = false;
      this.#quietSince = now;
      this.#pingedAt = undefined;
      this.#wasPinged = false;
    }
    const quietMs = now - this.#quietSince;
    if (this.streams.size === 0) {
      if (this.isRetired && quietMs >= lingerMs) this.#socket.destroy();
      else if (!this.isRetired && quietMs >= idleMs) this.retire();
    } else if (this.#pingedAt !== undefined) {
      if (now - this.#pingedAt >= pingTimeoutMs)
        this.#breakDown("ping_timeout", `no answer to a PING in ${pingTimeoutMs} ms`);
    } else if (quietMs >= (this.#wasPinged ? nextPingMs : silenceMs) && !this.#session.closed) this.#ping(now);
  }

  #watchWrites(now: number): void {
    const wasStuck = this.#writes.isStuck;
    if (!this.#writes.look(this.#socket.bytesWritten, this.isHeard, now))
      this.#breakDown("stuck", "it took nothing for seconds, or had sent what is no HTTP/2");
    else if (wasStuck && !this.#writes.isStuck) this.#host.onChange(this);
  }

  #ping(now: number): void {
    this.#pingedAt = now;
    this.#wasPinged = true;
    this.#session.ping((error) => {
      if (error !== null) return;
      this.#pingedAt = undefined;
      this.#quietSince = this.#host.options.platform.monotonic();
    });
  }

  #breakDown(code: string, message: string): void {
    this.#note(Object.assign(new Error(message), { code }));
    this.destroy();
  }

  /** The first one tells why. */
  #note(error: NodeJS.ErrnoException): void {
    this.#error ??= error;
  }
}
