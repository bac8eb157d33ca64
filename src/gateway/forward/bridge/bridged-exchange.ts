import type { Duplex } from "node:stream";
import { ignoreFailure } from "../../../base/awaitable.js";
import { grpcStatusOf } from "../answer-head.js";
import { isGrpc } from "../content-type.js";
import type { Exchange, Failure, ForwardedRequest, UpstreamSide } from "../exchange.js";
import { notSent } from "../not-sent.js";
import type { Shares } from "../shares.js";
import { BridgeError } from "./bridge-error.js";
import type { BridgedSession, UpstreamToken } from "./bridged-session.js";
import { tokenIn } from "./credential.js";
import { withoutTokens, withToken } from "./withheld.js";

/** A refused token may be one that another node has replaced, and its replacement one that the upstream has forgotten. */
const maxRepeats = 2;

/** What of a body is kept to be sent once more: unary RPCs and forms fit. */
const maxKeptBytes = 64 * 1024;

/**
 * An exchange that is sent with the token of an upstream session. It stands between the caller's exchange and the forwarder,
 * follows the rotation of the token, and sends the request again when the upstream refuses the token.
 */
export class BridgedExchange implements Exchange, UpstreamSide {
  request: ForwardedRequest;
  readonly #caller: Exchange;
  readonly #session: BridgedSession;
  readonly #shares: Pick<Shares, "send">;
  readonly #client: string | undefined;
  #token: UpstreamToken | undefined;
  /** The token that the answer gives. */
  #answered: string | undefined;
  #upstream: UpstreamSide | undefined;
  /** The body so far; `undefined` when it is too long to be sent once more. */
  #kept: Uint8Array[] | undefined = [];
  #keptBytes = 0;
  #body: "unread" | "open" | "complete" = "unread";
  /** The upstream has asked for the body. Before that it may have no connection. */
  #isAsked = false;
  /** The upstream takes no more of the body, and its answer has not come yet. */
  #isStopped = false;
  #repeats = 0;
  #hasHead = false;

  /** @param client see `Shares.send` */
  constructor(caller: Exchange, session: BridgedSession, shares: Pick<Shares, "send">, client: string | undefined) {
    this.request = caller.request;
    this.#caller = caller;
    this.#session = session;
    this.#shares = shares;
    this.#client = client;
    this.#wait();
    caller.attach(this);
  }

  /** Sends the request, now where the token is remembered. */
  start(): void {
    this.#sendWith(() => this.#session.find(this.#client));
  }

  get isOver(): boolean {
    return this.#caller.isOver;
  }

  get lendsChunks(): boolean {
    return this.#upstream?.lendsChunks ?? false;
  }

  attach(upstream: UpstreamSide): void {
    this.#upstream = upstream;
  }

  // The body, from the caller to the upstream.

  readBody(): void {
    this.#isAsked = true;
    if (this.#body === "unread") {
      this.#body = "open";
      this.#caller.readBody();
      return;
    }
    let takesMore = true;
    for (const chunk of this.#kept ?? []) takesMore = this.#upstream?.bodyData(chunk) ?? true;
    if (this.#body === "complete") this.#upstream?.bodyEnd();
    else if (takesMore) this.#caller.resumeBody();
  }

  resumeBody(): void {
    if (this.#body === "open") this.#caller.resumeBody();
  }

  stopBody(): void {
    if (this.#hasHead) this.#caller.stopBody();
    else this.#isStopped = true;
  }

  bodyData(chunk: Uint8Array): boolean {
    this.#keep(chunk);
    // Between two attempts nothing goes on; the second one asks for more.
    return this.#takesBody && this.#upstream?.bodyData(chunk) === true;
  }

  bodyEnd(): void {
    this.#body = "complete";
    if (this.#takesBody) this.#upstream?.bodyEnd();
  }

  get #takesBody(): boolean {
    return this.#isAsked && !this.#isStopped;
  }

  #keep(chunk: Uint8Array): void {
    if (this.#hasHead || this.#kept === undefined) return;
    this.#keptBytes += chunk.byteLength;
    this.#kept.push(chunk);
    if (this.#keptBytes > maxKeptBytes && this.#takesBody) this.#kept = undefined;
  }

  // The answer, from the upstream to the caller.

  hint(headers: readonly string[]): void {
    this.#caller.hint(this.#withhold(headers));
  }

  head(status: number, headers: readonly string[], isLast: boolean): boolean {
    this.#follow(headers);
    if (isRefusal(status, headers, isLast) && !this.#isPassed()) {
      this.#repeat();
      return false;
    }
    this.#hasHead = true;
    this.#kept = undefined;
    if (this.#isStopped) this.#caller.stopBody();
    return this.#caller.head(status, this.#withhold(headers), isLast);
  }

  data(chunk: Uint8Array, isLast: boolean): boolean {
    return this.#caller.data(chunk, isLast);
  }

  end(trailers: readonly string[]): void {
    this.#follow(trailers);
    // The answer has begun: the caller gets it, and its next call another token where that is needed.
    if (grpcStatusOf(trailers) === "16") this.#renewForNext();
    this.#caller.end(this.#withhold(trailers));
  }

  tunnel(headers: readonly string[], stream: Duplex): void {
    this.#follow(headers);
    this.#caller.tunnel(this.#withhold(headers), stream);
  }

  fail(failure: Failure): void {
    this.#caller.fail(failure);
  }

  reset(errorCode: number, failure: Failure): void {
    this.#caller.reset(errorCode, failure);
  }

  drained(): void {
    this.#upstream?.drained();
  }

  abandoned(errorCode: number): void {
    this.#upstream?.abandoned(errorCode);
  }

  #follow(fields: readonly string[]): void {
    const token = tokenIn(fields);
    this.#answered = token ?? this.#answered;
    if (this.#token !== undefined) this.#session.follow(this.#token, token);
  }

  #withhold(fields: readonly string[]): readonly string[] {
    // The trailers may have what the head gave.
    const tokens = [this.#token?.token, tokenIn(fields), this.#answered];
    return withoutTokens(
      fields,
      tokens.filter((token) => token !== undefined),
    );
  }

  /** Whether a refusal is passed on: the upstream has refused this call, and has taken the token. */
  #isPassed(): boolean {
    return this.#repeats > 0 && this.#token !== undefined && this.#session.isProven(this.#token);
  }

  #repeat(): void {
    const refused = this.#token;
    if (this.#repeats >= maxRepeats || this.#kept === undefined || refused === undefined) {
      this.#caller.fail(refusedToken);
      this.#renewForNext();
      return;
    }
    this.#repeats += 1;
    this.#wait();
    this.#sendWith(() => this.#session.renew(refused, this.#client));
  }

  /** Renews a refused token that this call cannot be sent again with: else all calls like this one would fail. */
  #renewForNext(): void {
    const refused = this.#token;
    if (refused !== undefined) ignoreFailure(() => this.#session.renew(refused, this.#client));
  }

  /** Until an upstream asks for the body it is kept as far as it comes, and asked for no further. */
  #wait(): void {
    this.#upstream = notSent(() => undefined);
    this.#isAsked = false;
    this.#isStopped = false;
  }

  #sendWith(find: () => UpstreamToken | Promise<UpstreamToken>): void {
    const send = (token: UpstreamToken): void => {
      if (this.isOver) return;
      this.#token = token;
      this.request = { ...this.#caller.request, headers: withToken(this.#caller.request.headers, token.token) };
      this.#shares.send(this, this.#client);
    };
    const fail = (error: unknown): void => {
      if (!this.isOver) this.#caller.fail(error instanceof BridgeError ? error.failure : storeSilent);
    };
    try {
      const found = find();
      if (found instanceof Promise) found.then(send, fail);
      else send(found);
    } catch (error) {
      fail(error);
    }
  }
}

/** Whether an answer says that the token is not good: 401, or gRPC's `UNAUTHENTICATED` where nothing else is said. */
function isRefusal(status: number, headers: readonly string[], isLast: boolean): boolean {
  return status === 401 || (isLast && isGrpc(headers) && grpcStatusOf(headers) === "16");
}

const refusedToken: Failure = Object.freeze({
  reason: "upstream_unavailable",
  code: "upstream_token_refused",
  detail: "the upstream refused the token of its session, and the request could not be sent once more",
});

const storeSilent: Failure = Object.freeze({
  reason: "upstream_unavailable",
  code: "store_unavailable",
  detail: "the store, which has the token of the upstream session, did not answer",
});
