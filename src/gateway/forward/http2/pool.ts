import type { Exchange, Failure, Forwarder } from "../exchange.js";
import { toUnavailable } from "../unavailable.js";
import { closed, noPlace, notAgreed, websocketUnsupported } from "./failures.js";
import type { Http2Options } from "./options.js";
import { assumedStreams, type SessionHost, UpstreamSession } from "./session.js";
import { type StreamHost, UpstreamStream } from "./upstream-stream.js";

/** One clock for all: connections, streams and who waits. */
const sweepMs = 500;

/**
 * The connections to one upstream. The first one with room gets the next stream, so that those at the end run empty and
 * close; exchanges that find no room wait in their order.
 */
export class Http2Pool implements Forwarder, SessionHost, StreamHost {
  readonly options: Http2Options;
  readonly #sessions: UpstreamSession[] = [];
  /** In the order in which they came. */
  readonly #waiting: Set<UpstreamStream> = new Set();
  /** Each gives up. */
  readonly #opening: Set<() => void> = new Set();
  /** What the last SETTINGS said, for connections that are not open yet. */
  #expected: number;
  /** A connection could not be opened: until the next sweep those that are open, or are being opened, must do. */
  #isResting = false;
  #stopSweep: (() => void) | undefined;
  #isClosing = false;
  readonly #onClosed: (() => void)[] = [];

  constructor(options: Http2Options) {
    this.options = options;
    this.#expected = Math.min(assumedStreams, options.maxStreamsPerConnection);
  }

  get places(): number {
    let places = 0;
    let count = 0;
    for (const session of this.#sessions) {
      if (session.isRetired) continue;
      count += 1;
      places += session.limit;
    }
    return places + Math.max(0, this.options.maxConnections - count) * this.#expected;
  }

  send(exchange: Exchange, onFree: () => void): void {
    const stream = new UpstreamStream(exchange, this, onFree);
    exchange.attach(stream);
    const session = this.#waiting.size === 0 && !this.#isClosing ? this.#roomFor(stream) : undefined;
    this.#sweepLater();
    if (session !== undefined) stream.start(session);
    else if (this.#isClosing) stream.refuse(closed(this.options.address));
    else {
      this.#waiting.add(stream);
      this.#pump();
    }
  }

  repeat(stream: UpstreamStream): void {
    stream.since = this.options.platform.monotonic();
    this.#waiting.add(stream);
    this.#pump();
  }

  leave(stream: UpstreamStream): void {
    this.#waiting.delete(stream);
    this.#settle();
  }

  onChange(session: UpstreamSession): void {
    // A server may allow no stream for a while (RFC 9113 §5.1.2). With 0 places on connections that are not open yet no
    // exchange would be sent any more, so none would be opened.
    if (session.hasSettings) this.#expected = Math.max(1, session.limit);
    this.#pump();
  }

  onGone(session: UpstreamSession): void {
    const index = this.#sessions.indexOf(session);
    if (index !== -1) this.#sessions.splice(index, 1);
    this.#pump();
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#settle();
    await this.#whenClosed();
  }

  async destroy(): Promise<void> {
    this.#isClosing = true;
    this.#failWaiting(closed(this.options.address));
    for (const giveUp of this.#opening) giveUp();
    this.#opening.clear();
    for (const session of [...this.#sessions]) session.destroy();
    await this.#whenClosed();
  }

  #whenClosed(): Promise<void> {
    return new Promise((resolve) => {
      this.#onClosed.push(resolve);
      this.#settle();
    });
  }

  /** Goes on with the closing, if it is closing. */
  #settle(): void {
    if (!this.#isClosing || this.#waiting.size > 0) return;
    for (const session of [...this.#sessions]) if (!session.isRetired) session.retire();
    if (this.#sessions.length > 0 || this.#opening.size > 0) return;
    this.#stopSweep?.();
    this.#stopSweep = undefined;
    for (const resolve of this.#onClosed.splice(0)) resolve();
  }

  /** The first session with room, or `undefined`. */
  #roomFor(stream: UpstreamStream): UpstreamSession | undefined {
    for (const session of this.#sessions) {
      if (session.hasRoom && (!stream.request.isWebSocket || session.takesWebSockets)) return session;
    }
    return undefined;
  }

  /** Gives room to those that wait, and opens connections for those that found none. */
  #pump(): void {
    for (const stream of this.#waiting) {
      const session = this.#roomFor(stream);
      if (session !== undefined) {
        this.#waiting.delete(stream);
        stream.start(session);
      } else if (!stream.request.isWebSocket) break;
      else if (this.#refusesWebSockets()) stream.refuse(websocketUnsupported(this.options.address));
    }
    while (this.#waiting.size > this.#coming && this.#open());
    this.#settle();
  }

  /** The streams that connections will take which are being opened, or have not sent their SETTINGS. */
  get #coming(): number {
    let streams = this.#opening.size * this.#expected;
    for (const session of this.#sessions) {
      if (!session.hasSettings && session.hasRoom) streams += session.limit - session.streams.size;
    }
    return streams;
  }

  /** Whether the upstream has said that it takes none, and has not said otherwise since. */
  #refusesWebSockets(): boolean {
    return this.#sessions.some((session) => session.hasSettings && !session.takesWebSockets && !session.isRetired);
  }

  /** @returns whether one more connection is being opened */
  #open(): boolean {
    const { maxConnections } = this.options;
    let count = this.#opening.size;
    for (const session of this.#sessions) if (!session.isRetired) count += 1;
    // Those that are retired end by themselves, but not before their streams.
    const all = this.#opening.size + this.#sessions.length;
    if (count >= maxConnections || all >= 2 * maxConnections) return false;
    if (this.#isResting && count > 0) return false;
    let isOpened = false;
    let giveUp = (): void => undefined;
    const cancel = (): void => giveUp();
    this.#opening.add(cancel);
    giveUp = this.options.connect((error, connection) => {
      isOpened = true;
      this.#opening.delete(cancel);
      if (connection?.protocol === "http2" && !connection.socket.destroyed) {
        this.#sessions.push(new UpstreamSession(connection, this));
        this.#sweepLater();
      } else {
        connection?.socket.on("error", () => undefined).destroy();
        const { address } = this.options;
        const lost = Object.assign(new Error("closed"), { code: "ECONNRESET" });
        this.#failOpening(
          connection?.protocol === "http1" ? notAgreed(address) : toUnavailable(error ?? lost, address),
        );
      }
      this.#pump();
    });
    return !isOpened;
  }

  #failOpening(failure: Failure): void {
    this.#isResting = true;
    // Where others are open, those that wait may find room there.
    if (this.#opening.size === 0 && !this.#sessions.some((session) => !session.isRetired)) this.#failWaiting(failure);
  }

  #failWaiting(failure: Failure): void {
    for (const stream of [...this.#waiting]) stream.refuse(failure);
  }

  #sweepLater(): void {
    this.#stopSweep ??= this.options.platform.delay(sweepMs, () => this.#sweep());
  }

  #sweep(): void {
    this.#stopSweep = undefined;
    const { address, connectTimeoutMs, platform } = this.options;
    const now = platform.monotonic();
    for (const session of [...this.#sessions]) session.tick(now);
    for (const stream of [...this.#waiting]) {
      if (now - stream.since < connectTimeoutMs) break;
      stream.refuse(noPlace(address, connectTimeoutMs));
    }
    if (this.#isResting) {
      this.#isResting = false;
      this.#pump();
    }
    if (this.#sessions.length > 0 || this.#waiting.size > 0) this.#sweepLater();
  }
}
