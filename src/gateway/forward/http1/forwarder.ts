import { afterThisTurn, type Platform, systemPlatform } from "../../../base/platform.js";
import type { ReadingConnect } from "../connect.js";
import type { Exchange, Forwarder } from "../exchange.js";
import { toUnavailable } from "../unavailable.js";
import { type CallOwner, Http1Call } from "./call.js";
import { type ConnectionOwner, Http1Connection } from "./connection.js";
import { type Mishap, toMishap } from "./failures.js";
import { toHttp1Head } from "./request-head.js";

export interface Http1ForwarderOptions {
  /** From `createConnect`; another `Connect` will do. */
  readonly connect: ReadingConnect;
  /** Host and port of the upstream, as operators are to read it. */
  readonly where: string;
  /** Tunnels included. */
  readonly maxConnections: number;
  /** The longest time from the request's end to the answer's head, in milliseconds. */
  readonly headersTimeoutMs: number;
  /** The longest time between two pieces of an answer's body, in milliseconds. */
  readonly bodyTimeoutMs: number;
  /** Of an answer's status line and fields, and of its trailers. Default: 65,536. */
  readonly maxHeadBytes?: number;
  /** How long an upstream that does not announce it is taken to keep idle connections, in milliseconds. Default: 4,000. */
  readonly keepAliveMs?: number;
  readonly platform?: Platform;
}

/** So long before an upstream would close it a connection is not lent any more: a request may be on its way as long. */
const marginMs = 1_000;

/** An idle connection holds a descriptor here and there. */
const longestIdleMs = 600_000;

/** How often the clocks of all exchanges are looked at, in place of a timer for each. */
const sweepMs = 500;

/** Makes a forwarder to an upstream that speaks HTTP/1.1. Nothing is connected before the first request. */
export function createHttp1Forwarder(options: Http1ForwarderOptions): Forwarder {
  return new Http1Pool(options);
}

class Http1Pool implements Forwarder, ConnectionOwner, CallOwner {
  readonly places: number;
  readonly where: string;
  readonly maxHeadBytes: number;
  clock = 0;
  readonly #options: Http1ForwarderOptions;
  readonly #platform: Platform;
  readonly #keepAliveMs: number;
  readonly #connections = new Set<Http1Connection>();
  readonly #connecting = new Set<Http1Call>();
  /** The one that was used last is the last. */
  readonly #idle: Http1Connection[] = [];
  /** Answered in this turn of the event loop, and in the one before. */
  #fresh: Http1Connection[] = [];
  #settling: Http1Connection[] = [];
  #busy = 0;
  #cancelSweep: (() => void) | undefined;
  #onClosed: (() => void)[] = [];
  #isClosing = false;

  constructor(options: Http1ForwarderOptions) {
    this.#options = options;
    this.#platform = options.platform ?? systemPlatform;
    this.#keepAliveMs = options.keepAliveMs ?? 4_000;
    this.places = options.maxConnections;
    this.where = options.where;
    this.maxHeadBytes = options.maxHeadBytes ?? 65_536;
  }

  send(exchange: Exchange, onFree: () => void): void {
    const text = toHttp1Head(exchange.request);
    const call = new Http1Call(this, exchange, text ?? "", onFree);
    this.#busy += 1;
    exchange.attach(call);
    const refused = this.#refusal(text);
    if (refused !== undefined) {
      call.fail(toMishap(refused, this.where));
      return;
    }
    this.clock = this.#platform.monotonic();
    this.#cancelSweep ??= this.#platform.delay(sweepMs, this.#sweep);
    const kept = exchange.request.isWebSocket ? undefined : this.#takeIdle();
    if (kept === undefined) this.#open(call);
    else call.start(kept);
  }

  close(): Promise<void> {
    this.#isClosing = true;
    for (const connection of [...this.#idle]) connection.destroy();
    return new Promise((resolve) => {
      this.#onClosed.push(resolve);
      this.#closeIfOver();
    });
  }

  destroy(): Promise<void> {
    const closed = this.close();
    const retired = toMishap("upstream_retired", this.where);
    for (const call of [...this.#connecting]) call.fail(retired);
    for (const connection of [...this.#connections]) {
      connection.call?.fail(retired);
      connection.destroy();
    }
    return closed;
  }

  repeat(call: Http1Call): void {
    if (this.#isClosing) {
      call.fail(toMishap("upstream_closed", this.where));
      return;
    }
    call.exchange.attach(call);
    this.#open(call);
  }

  onFreed(): void {
    this.#busy -= 1;
    this.#closeIfOver();
  }

  onAnswered(connection: Http1Connection): void {
    const { keepAliveSeconds } = connection.parser.head;
    const keptMs = keepAliveSeconds === undefined ? this.#keepAliveMs : keepAliveSeconds * 1_000;
    connection.idleUntil = this.clock + Math.min(keptMs, longestIdleMs) - marginMs;
    if (this.#isClosing || connection.idleUntil <= this.clock) {
      connection.destroy();
      return;
    }
    this.#fresh.push(connection);
    if (this.#fresh.length === 1 && this.#settling.length === 0) afterThisTurn(this.#settle);
  }

  onGone(connection: Http1Connection): void {
    this.#connections.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  #refusal(text: string | undefined): Mishap | undefined {
    if (this.#isClosing) return "upstream_retired";
    if (text === undefined) return "request_invalid";
    return this.#busy > this.places ? "upstream_no_place" : undefined;
  }

  #takeIdle(): Http1Connection | undefined {
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined || (connection.isUsable && connection.idleUntil > this.clock)) return connection;
      connection.destroy();
    }
  }

  #open(call: Http1Call): void {
    // Idle ones are not used for a tunnel, nor for what is repeated, and count.
    if (this.#connections.size + this.#connecting.size >= this.places) this.#idle[0]?.destroy();
    const connection = new Http1Connection(this);
    this.#connecting.add(call);
    const { isWebSocket } = call.exchange.request;
    const cancel = this.#options.connect(
      (error, opened) => {
        this.#connecting.delete(call);
        call.cancelConnect = undefined;
        if (opened === undefined) {
          call.fail(toUnavailable(error ?? new Error("no connection"), this.where));
          return;
        }
        this.#connections.add(connection);
        connection.open(opened.socket, "usesReader" in opened && opened.usesReader);
        if (opened.protocol === "http2") {
          connection.destroy();
          call.fail(toMishap("upstream_protocol", this.where));
        } else call.start(connection);
      },
      isWebSocket ? undefined : connection.reader,
    );
    if (!this.#connecting.has(call)) return;
    call.cancelConnect = () => {
      this.#connecting.delete(call);
      cancel();
    };
  }

  /**
   * Frees connections a whole turn of the event loop after their answer: what came behind the answer has been read by then,
   * or their end.
   */
  readonly #settle = (): void => {
    const settled = this.#settling;
    this.#settling = this.#fresh;
    this.#fresh = [];
    if (this.#settling.length > 0) afterThisTurn(this.#settle);
    // A place that becomes free may be taken at once, by way of a connection of this list.
    const over = settled.map((connection) => connection.leave());
    for (const connection of settled) {
      if (connection.isGone) continue;
      if (this.#isClosing) connection.destroy();
      else this.#idle.push(connection);
    }
    for (const occupant of over) occupant?.free();
  };

  readonly #sweep = (): void => {
    const now = this.#platform.monotonic();
    this.clock = now;
    const { headersTimeoutMs, bodyTimeoutMs } = this.#options;
    for (const connection of [...this.#connections]) {
      // Later by one round: the times it compares with may be as old.
      connection.call?.endIfLate(now - sweepMs, headersTimeoutMs, bodyTimeoutMs);
    }
    while (this.#idle.length > 0 && (this.#idle[0] as Http1Connection).idleUntil <= now) this.#idle[0]?.destroy();
    const isUsed = this.#connections.size > 0 || this.#connecting.size > 0;
    this.#cancelSweep = isUsed ? this.#platform.delay(sweepMs, this.#sweep) : undefined;
  };

  #closeIfOver(): void {
    if (!this.#isClosing || this.#busy > 0) return;
    this.#cancelSweep?.();
    for (const resolve of this.#onClosed.splice(0)) resolve();
  }
}
