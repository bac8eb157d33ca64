import type { CallerAnswer } from "../forward/exchange.js";
import { toAnswerHeader } from "./answer-header.js";
import { type CallEnd, toErrorJson } from "./call-end.js";
import type { CallPlan } from "./call-plan.js";
import { compressedFlag, EnvelopeScanner, prefixBytes, toEnvelope } from "./envelopes.js";
import { callerFaults, upstreamFaults } from "./faults.js";
import { MessageBuffer } from "./message-budget.js";
import { rpcCodeOf } from "./rpc-codes.js";
import { TranslatedExchange, type TranslateOptions } from "./translated-exchange.js";

/**
 * A unary call of Connect: its body is the message, and the header of its answer says how the call ended. So one message is
 * kept in each direction.
 */
export class UnaryExchange extends TranslatedExchange {
  readonly #sent: MessageBuffer;
  readonly #received: MessageBuffer;
  readonly #scanner: EnvelopeScanner;
  #headers: string[] = [];
  #encoding: string | undefined;

  constructor(plan: CallPlan, caller: CallerAnswer, options: TranslateOptions) {
    super(plan, caller, options);
    const { maxMessageBytes } = plan;
    this.#sent = new MessageBuffer(options.budget, maxMessageBytes);
    this.#received = new MessageBuffer(options.budget, prefixBytes + maxMessageBytes);
    this.#scanner = new EnvelopeScanner(maxMessageBytes);
  }

  readBody(): void {
    const { message, maxMessageBytes } = this.plan;
    if (message !== undefined && message.length > maxMessageBytes) this.breakOff(callerFaults.length);
    else if (message !== undefined) this.#send(message);
    else if (this.caller.request.framing.kind === "none") this.bodyEnd();
    else this.caller.readBody();
  }

  resumeBody(): void {
    // All of it was passed at once.
  }

  bodyData(chunk: Uint8Array): boolean {
    const fault = this.#sent.add(chunk);
    if (fault !== undefined) this.breakOff(callerFaults[fault]);
    return true;
  }

  bodyEnd(): void {
    this.#send(this.#sent.take());
  }

  #send(sent: Uint8Array): void {
    const { json } = this.plan;
    const message = json === undefined ? sent : json.toMessage(sent);
    if (message === undefined) {
      this.breakOff(callerFaults.format);
      return;
    }
    // An empty message is never compressed.
    const flags = this.plan.isCompressed && message.length > 0 ? compressedFlag : 0;
    this.upstream?.bodyData(toEnvelope(flags, message));
    this.upstream?.bodyEnd();
  }

  protected begin(received: readonly string[]): boolean {
    const { protocol, contentType, accepted } = this.plan;
    const fields = toAnswerHeader(protocol, contentType, received, accepted);
    if (fields === undefined) {
      this.fail(upstreamFaults.trailer);
      return false;
    }
    this.#headers = fields.headers;
    this.#encoding = fields.encoding;
    this.#scanner.takesCompressed = fields.encoding !== undefined;
    return true;
  }

  data(chunk: Uint8Array, isLast: boolean): boolean {
    if (this.isOver) return true;
    const passed = this.#scanner.push(chunk);
    const fault = this.#scanner.fault ?? (this.#scanner.count > 1 ? "count" : this.#received.add(passed));
    if (fault !== undefined) this.breakOff(upstreamFaults[fault]);
    else if (isLast) this.end([]);
    return true;
  }

  protected answer(end: CallEnd): void {
    this.#sent.clear();
    if (end.status !== 0) this.#answerError(end);
    else if (!this.#scanner.isWhole) this.fail(upstreamFaults.partial);
    else if (this.#scanner.count === 0) this.fail(upstreamFaults.count);
    else {
      const message = this.#received.take();
      const isCompressed = message[0] === compressedFlag;
      const coding = isCompressed && this.#encoding !== undefined ? ["content-encoding", this.#encoding] : [];
      const body = message.subarray(prefixBytes);
      const passed = this.plan.json === undefined ? body : this.plan.json.toJson(body);
      if (passed === undefined) this.fail(upstreamFaults.format);
      else this.#pass(200, [...this.#headers, ...coding], end, passed);
    }
  }

  #answerError(end: CallEnd): void {
    this.#received.clear();
    const [, , ...others] = this.#headers;
    const headers = ["content-type", "application/json", ...others];
    this.#pass(rpcCodeOf(end.status).http, headers, end, Buffer.from(JSON.stringify(toErrorJson(end))));
  }

  #pass(status: number, headers: readonly string[], { status: grpcStatus, metadata }: CallEnd, body: Uint8Array): void {
    const fields = [...headers];
    for (let index = 0; index < metadata.length; index += 2) {
      const name = metadata[index] as string;
      // It would pass for the trailer of the name behind it.
      if (name.startsWith("trailer-")) {
        this.fail(upstreamFaults.trailer);
        return;
      }
      fields.push(`trailer-${name}`, metadata[index + 1] as string);
    }
    fields.push("content-length", String(body.length));
    this.caller.grpcStatus = String(grpcStatus);
    if (this.caller.head(status, fields, false)) this.caller.data(body, true);
  }

  protected release(): void {
    this.#sent.clear();
    this.#received.clear();
  }
}
