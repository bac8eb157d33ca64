import { constants } from "node:http2";
import type { Duplex } from "node:stream";
import { firstOf } from "../../../model/raw-headers.js";
import type { Exchange, Failure, ForwardedRequest, UpstreamSide } from "../exchange.js";
import type { HealthConfig } from "../upstream-config.js";

/** The fault is in words that follow the address. */
export type CheckResult = "well" | { readonly fault: string };

/** An answer of gRPC's health service has a few bytes. */
const maxKeptBytes = 64;

/** `ServingStatus` of grpc.health.v1, by its numbers. */
const servingStatuses = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"] as const;

/** A health check, as the forwarder to its address sees it: a caller that asks, and drops what it gets. */
export class CheckExchange implements Exchange {
  readonly request: ForwardedRequest;
  isOver = false;
  readonly #message: Uint8Array | undefined;
  readonly #onResult: (result: CheckResult) => void;
  #side: UpstreamSide | undefined;
  #status = 0;
  #kept: Buffer = Buffer.alloc(0);
  #result: CheckResult | undefined;

  /** @param authority the value of `Host` and `:authority` */
  constructor(config: HealthConfig, authority: string, onResult: (result: CheckResult) => void) {
    const { path } = config;
    this.#message = path === undefined ? toCheckRequest(config.service ?? "") : undefined;
    this.#onResult = onResult;
    const common = { authority, isWebSocket: false };
    this.request =
      path === undefined
        ? {
            ...common,
            ...{ method: "POST", path: "/grpc.health.v1.Health/Check" },
            headers: grpcHeaders,
            framing: chunked,
          }
        : { ...common, ...{ method: "GET", path }, headers: httpHeaders, framing: { kind: "none" } };
  }

  attach(side: UpstreamSide): void {
    this.#side = side;
  }

  readBody(): void {
    if (this.#message !== undefined) this.#side?.bodyData(this.#message);
    this.#side?.bodyEnd();
  }

  resumeBody(): void {}
  stopBody(): void {}
  hint(): void {}

  head(status: number, headers: readonly string[], isLast: boolean): boolean {
    this.#status = status;
    if (this.#message === undefined) {
      this.#settle(
        status >= 200 && status <= 299 ? "well" : { fault: `GET ${this.request.path} has status ${status}` },
      );
    } else if (isLast) this.#settleCall(headers);
    if (isLast) this.isOver = true;
    return true;
  }

  data(chunk: Uint8Array, isLast: boolean): boolean {
    if (this.#kept.length < maxKeptBytes) this.#kept = Buffer.concat([this.#kept, chunk]).subarray(0, maxKeptBytes);
    if (isLast) this.end([]);
    return true;
  }

  end(trailers: readonly string[]): void {
    this.isOver = true;
    this.#settleCall(trailers);
  }

  tunnel(_headers: readonly string[], stream: Duplex): void {
    this.isOver = true;
    stream.on("error", () => {}).destroy();
  }

  fail({ code, detail = code }: Failure): void {
    this.isOver = true;
    this.#settle({ fault: detail });
  }

  reset(_errorCode: number, failure: Failure): void {
    this.fail(failure);
  }

  /** Ends it: its time is over. */
  late(ms: number): void {
    if (!this.isOver) {
      this.isOver = true;
      this.#side?.abandoned(constants.NGHTTP2_CANCEL);
    }
    this.#settle({ fault: `no answer within ${ms} ms` });
  }

  /** @param fields the trailers, or a head that is all of the answer */
  #settleCall(fields: readonly string[]): void {
    const status = firstOf(fields, "grpc-status");
    if (this.#status !== 200 || status === undefined) {
      this.#settle({ fault: `Health/Check is answered with status ${this.#status}, and not as gRPC` });
    } else if (status !== "0") this.#settle({ fault: `Health/Check has the status ${status} of gRPC` });
    else {
      const serving = readServing(this.#kept);
      this.#settle(serving === "SERVING" ? "well" : { fault: `Health/Check says ${serving}` });
    }
  }

  #settle(result: CheckResult): void {
    if (this.#result !== undefined) return;
    this.#result = result;
    this.#onResult(result);
  }
}

const chunked = { kind: "chunked" } as const;
const agent = ["user-agent", "sallyport-health"] as const;
const httpHeaders: readonly string[] = agent;
const grpcHeaders: readonly string[] = [...agent, "content-type", "application/grpc", "te", "trailers"];

/** `HealthCheckRequest { string service = 1; }` in an envelope of gRPC. */
function toCheckRequest(service: string): Uint8Array {
  const name = Buffer.from(service);
  const message = name.length === 0 ? name : Buffer.concat([Buffer.of(0x0a, name.length), name]);
  const envelope = Buffer.alloc(5);
  envelope.writeUInt32BE(message.length, 1);
  return Buffer.concat([envelope, message]);
}

/** `HealthCheckResponse { ServingStatus status = 1; }`: a field that is not there is 0. */
function readServing(bytes: Buffer): string {
  const isWhole = bytes.length >= 5 && bytes[0] === 0 && bytes.readUInt32BE(1) === bytes.length - 5;
  const [tag, value = 0] = bytes.subarray(5);
  if (!isWhole || (tag !== undefined && tag !== 0x08)) return "what cannot be read";
  return servingStatuses[value] ?? "what cannot be read";
}
