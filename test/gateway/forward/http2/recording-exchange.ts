import type { Duplex } from "node:stream";
import type {
  Exchange,
  Failure,
  ForwardedRequest,
  Forwarder,
  UpstreamSide,
} from "../../../../src/gateway/forward/exchange.js";

type Part =
  | readonly ["hint", readonly string[]]
  | readonly ["head", number, readonly string[], boolean]
  | readonly ["end", readonly string[]]
  | readonly ["fail", Failure]
  | readonly ["reset", number, Failure]
  | readonly ["stopBody"]
  | readonly ["tunnel", readonly string[]]
  | readonly ["abandoned"];

/** A caller that notes what it is told, and throws when it is told something behind the end. */
export class RecordingExchange implements Exchange {
  readonly request: ForwardedRequest;
  /** Everything but the data, in order. */
  readonly parts: Part[] = [];
  readonly chunks: Buffer[] = [];
  /** Bytes of the answer. */
  received = 0;
  isOver = false;
  isFreed = false;
  /** The upstream has asked for the body. */
  isAsked = false;
  /** The parts of the body are not kept, only counted. */
  countsOnly = false;
  /** The answer of `data`. */
  takesData = true;
  /** The answer of `head`. */
  takesHead = true;
  upstream: UpstreamSide | undefined;
  stream: Duplex | undefined;
  /** Called when the upstream asks for the body, and when it asks for more. */
  onBody: (upstream: UpstreamSide) => void = () => undefined;
  #waiters: { readonly test: () => boolean; readonly done: () => void }[] = [];

  constructor(request: Partial<ForwardedRequest> = {}) {
    this.request = {
      method: "GET",
      path: "/",
      authority: "service.example",
      headers: [],
      framing: { kind: "none" },
      isWebSocket: false,
      ...request,
    };
  }

  attach(upstream: UpstreamSide): void {
    this.upstream = upstream;
  }
  readBody(): void {
    this.#told("readBody");
    this.isAsked = true;
    this.onBody(this.upstream as UpstreamSide);
    this.#check();
  }
  resumeBody(): void {
    this.#told("resumeBody");
    this.onBody(this.upstream as UpstreamSide);
  }
  stopBody(): void {
    this.#note(["stopBody"]);
  }
  hint(headers: readonly string[]): void {
    this.#note(["hint", headers]);
  }
  head(status: number, headers: readonly string[], isLast: boolean): boolean {
    this.#note(["head", status, headers, isLast], isLast || !this.takesHead);
    return this.takesHead;
  }
  data(chunk: Uint8Array, isLast: boolean): boolean {
    this.#told("data");
    this.received += chunk.byteLength;
    if (!this.countsOnly) this.chunks.push(Buffer.from(chunk));
    if (isLast) this.isOver = true;
    this.#check();
    return this.takesData;
  }
  end(trailers: readonly string[]): void {
    this.#note(["end", trailers], true);
  }
  tunnel(headers: readonly string[], stream: Duplex): void {
    this.stream = stream;
    this.#note(["tunnel", headers], true);
  }
  fail(failure: Failure): void {
    this.#note(["fail", failure], true);
  }
  reset(errorCode: number, failure: Failure): void {
    this.#note(["reset", errorCode, failure], true);
  }

  /** The caller leaves. */
  leave(errorCode: number): void {
    this.parts.push(["abandoned"]);
    this.isOver = true;
    this.upstream?.abandoned(errorCode);
    this.#check();
  }

  /** Sends it, and returns it. */
  via(forwarder: Forwarder): this {
    forwarder.send(this, () => {
      if (this.isFreed) throw new Error("freed twice");
      this.isFreed = true;
      this.#check();
    });
    return this;
  }

  /** Resolves when this is true; looked at whenever something is told. */
  when(test: () => boolean): Promise<void> {
    if (test()) return Promise.resolve();
    return new Promise((done) => this.#waiters.push({ test, done }));
  }

  /** Resolves when the exchange is over and its place is free. */
  async done(): Promise<this> {
    await this.when(() => this.isOver && this.isFreed);
    return this;
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString("latin1");
  }
  get last(): Part | undefined {
    return this.parts.at(-1);
  }
  get headPart():
    | { readonly status: number; readonly headers: readonly string[]; readonly isLast: boolean }
    | undefined {
    const part = this.parts.find((each) => each[0] === "head");
    return part?.[0] === "head" ? { status: part[1], headers: part[2], isLast: part[3] } : undefined;
  }
  /** Why it has no whole answer. */
  get failure(): Failure | undefined {
    const { last } = this;
    return last?.[0] === "fail" ? last[1] : last?.[0] === "reset" ? last[2] : undefined;
  }

  #told(what: string): void {
    if (this.isOver) throw new Error(`${what} behind ${JSON.stringify(this.parts)}`);
  }
  #note(part: Part, isLast = false): void {
    this.#told(part[0]);
    this.parts.push(part);
    if (isLast) this.isOver = true;
    this.#check();
  }
  #check(): void {
    const due = this.#waiters.filter(({ test }) => test());
    this.#waiters = this.#waiters.filter((waiter) => !due.includes(waiter));
    for (const { done } of due) done();
  }
}

/** A request with this body, which is given in one piece when it is asked for. */
export function post(body: string, request: Partial<ForwardedRequest> = {}): RecordingExchange {
  const exchange = new RecordingExchange({ method: "POST", framing: { kind: "chunked" }, ...request });
  exchange.onBody = (upstream) => {
    exchange.onBody = () => undefined;
    upstream.bodyData(Buffer.from(body));
    upstream.bodyEnd();
  };
  return exchange;
}

/** A request whose body stays open. */
export function open(request: Partial<ForwardedRequest> = {}): RecordingExchange {
  return new RecordingExchange({ method: "POST", framing: { kind: "chunked" }, ...request });
}
