import { constants } from "node:http2";
import type { Duplex } from "node:stream";
import type { Platform } from "../../../base/platform.js";
import { none } from "../../route/framing.js";
import { grpcStatusOf } from "../answer-head.js";
import type { Exchange, Failure, ForwardedRequest, UpstreamSide } from "../exchange.js";

/** A call that the gateway itself makes. */
export interface CallRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly string[];
  /** Default: none. */
  readonly body?: Uint8Array | undefined;
}

/** What came of it. */
export interface CallAnswer {
  readonly status: number;
  readonly grpcStatus: string | undefined;
  /** The fields of the header, and of the trailers behind them: name, value, name, value. */
  readonly fields: readonly string[];
  /** At most 64 KiB; `undefined`: there was more. */
  readonly body: Uint8Array | undefined;
}

const maxBodyBytes = 64 * 1024;

/** An exchange whose caller is the gateway itself. */
export class UpstreamCall implements Exchange {
  readonly request: ForwardedRequest;
  readonly #body: Uint8Array | undefined;
  readonly #done: (answer: CallAnswer | Failure) => void;
  readonly #cancelLimit: () => void;
  #upstream: UpstreamSide | undefined;
  #status = 0;
  #fields: readonly string[] = [];
  #chunks: Buffer[] | undefined = [];
  #bytes = 0;
  isOver = false;

  constructor(
    { method, path, headers, body }: CallRequest,
    authority: string,
    { platform, limitMs }: { readonly platform: Platform; readonly limitMs: number },
    done: (answer: CallAnswer | Failure) => void,
  ) {
    const framing = body === undefined ? none : ({ kind: "length", length: String(body.length) } as const);
    this.request = { method, path, authority, headers, framing, isWebSocket: false };
    this.#body = body;
    this.#done = done;
    this.#cancelLimit = platform.delay(limitMs, () => this.#giveUp(limitMs));
  }

  attach(upstream: UpstreamSide): void {
    this.#upstream = upstream;
  }

  readBody(): void {
    if (this.#body !== undefined) this.#upstream?.bodyData(this.#body);
    this.#upstream?.bodyEnd();
  }

  resumeBody(): void {}
  stopBody(): void {}
  hint(): void {}

  head(status: number, fields: readonly string[], isLast: boolean): boolean {
    this.#status = status;
    this.#fields = [...fields];
    if (isLast) this.end([]);
    return true;
  }

  data(chunk: Uint8Array, isLast: boolean): boolean {
    this.#bytes += chunk.length;
    if (this.#bytes > maxBodyBytes) this.#chunks = undefined;
    this.#chunks?.push(Buffer.from(chunk));
    if (isLast) this.end([]);
    return true;
  }

  end(trailers: readonly string[]): void {
    const fields = [...this.#fields, ...trailers];
    const body = this.#chunks && Buffer.concat(this.#chunks);
    this.#settle({ status: this.#status, grpcStatus: grpcStatusOf(fields), fields, body });
  }

  tunnel(_fields: readonly string[], stream: Duplex): void {
    stream.on("error", () => {}).destroy();
    this.fail({ reason: "upstream_failed", code: "unexpected_upgrade" });
  }

  fail(failure: Failure): void {
    this.#settle(failure);
  }

  reset(_errorCode: number, failure: Failure): void {
    this.#settle(failure);
  }

  #giveUp(limitMs: number): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#upstream?.abandoned(constants.NGHTTP2_CANCEL);
    this.#done({ reason: "upstream_timeout", code: "no_answer", detail: `no whole answer within ${limitMs} ms` });
  }

  #settle(answer: CallAnswer | Failure): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#cancelLimit();
    this.#done(answer);
  }
}
