import type { Duplex } from "node:stream";
import type { Exchange, Failure, ForwardedRequest, UpstreamSide } from "../../../src/gateway/forward/exchange.js";

/** Returns a request that a test changes in parts. */
export function requestOf(parts: Partial<ForwardedRequest> = {}): ForwardedRequest {
  return {
    method: "GET",
    path: "/",
    authority: "a.example",
    headers: [],
    framing: { kind: "none" },
    isWebSocket: false,
    ...parts,
  };
}

/**
 * The caller's side of an exchange, which writes down what it is told. It refuses to be told anything after the last part:
 * `faults` has what broke the contract.
 */
export class RecordingExchange implements Exchange {
  readonly request: ForwardedRequest;
  upstream: UpstreamSide | undefined;
  attempts = 0;
  isOver = false;
  readonly hints: (readonly string[])[] = [];
  status: number | undefined;
  headers: readonly string[] = [];
  readonly chunks: Buffer[] = [];
  bodyBytes = 0;
  trailers: readonly string[] | undefined;
  failure: Failure | undefined;
  errorCode: number | undefined;
  stream: Duplex | undefined;
  /** How often the body was asked for, and how often it was to go on. */
  bodyReads = 0;
  bodyResumes = 0;
  isBodyStopped = false;
  readonly faults: string[] = [];
  /** Settles with the last part, or when it is abandoned. */
  readonly over: Promise<this>;
  #end: () => void = () => {};
  #isHeadLast = false;

  constructor(parts: Partial<ForwardedRequest> = {}) {
    this.request = requestOf(parts);
    this.over = new Promise((resolve) => {
      this.#end = () => resolve(this);
    });
  }

  get body(): string {
    return Buffer.concat(this.chunks).toString("latin1");
  }

  /** `end`: whole; `fail`, `tunnel`, `abandoned`. */
  outcome: "end" | "fail" | "tunnel" | "abandoned" | undefined;

  /** The caller leaves. */
  abandon(errorCode = 8): void {
    this.#last("abandoned");
    this.upstream?.abandoned(errorCode);
  }

  attach(upstream: UpstreamSide): void {
    this.#expect("attach");
    this.attempts += 1;
    this.upstream = upstream;
  }

  readBody(): void {
    this.#expect("readBody");
    if (this.request.framing.kind === "none") this.faults.push("a body that is not there is read");
    this.bodyReads += 1;
  }

  resumeBody(): void {
    this.#expect("resumeBody");
    this.bodyResumes += 1;
  }

  stopBody(): void {
    this.#expect("stopBody");
    this.isBodyStopped = true;
  }

  hint(headers: readonly string[]): void {
    this.#expect("hint");
    if (this.status !== undefined) this.faults.push("a hint behind the head");
    this.hints.push(headers);
  }

  head(status: number, headers: readonly string[], isLast: boolean): boolean {
    this.#expect("head");
    if (this.status !== undefined) this.faults.push("two heads");
    this.status = status;
    this.headers = headers;
    this.#isHeadLast = isLast;
    if (isLast) this.#last("end");
    return true;
  }

  data(chunk: Uint8Array, isLast: boolean): boolean {
    this.#expect("data");
    if (this.status === undefined || this.#isHeadLast) this.faults.push("data out of place");
    this.bodyBytes += chunk.length;
    this.chunks.push(Buffer.from(chunk));
    if (isLast) this.#last("end");
    return true;
  }

  end(trailers: readonly string[]): void {
    this.#expect("end");
    this.trailers = trailers;
    this.#last("end");
  }

  tunnel(headers: readonly string[], stream: Duplex): void {
    this.#expect("tunnel");
    this.headers = headers;
    this.stream = stream;
    this.#last("tunnel");
  }

  fail(failure: Failure): void {
    this.#expect("fail");
    this.failure = failure;
    this.#last("fail");
  }

  reset(errorCode: number, failure: Failure): void {
    this.errorCode = errorCode;
    this.fail(failure);
  }

  #expect(call: string): void {
    if (this.isOver) this.faults.push(`${call} after the end (${this.outcome})`);
  }

  #last(outcome: NonNullable<RecordingExchange["outcome"]>): void {
    this.isOver = true;
    this.outcome ??= outcome;
    this.#end();
  }
}
