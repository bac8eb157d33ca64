import type { CallerAnswer } from "../forward/exchange.js";
import { toAnswerHeader } from "./answer-header.js";
import { type CallEnd, toErrorJson } from "./call-end.js";
import type { CallPlan } from "./call-plan.js";
import { compressedFlag, EnvelopeScanner, prefixBytes, toEnvelope } from "./envelopes.js";
import { callerFaults, upstreamFaults } from "./faults.js";
import { MessageBuffer } from "./message-budget.js";
import { rpcCodeOf } from "./rpc-codes.js";
import { TranslatedExchange, type TranslateOptions } from "./translated-exchange.js";

/** Of a body at a time: as much as Node keeps of an answer that is not read. */
const partBytes = 64 * 1024;

/**
 * A unary call of Connect: its body is the message, and the header of its answer says how the call ended. So one message is
 * kept in each direction.
 */
export class UnaryExchange extends TranslatedExchange {
  readonly #sent: MessageBuffer;
  readonly #received: MessageBuffer;
  readonly #scanner: EnvelopeScanner;
  #headers: string[] = [];
  /** The message was passed, and not its end. */
  #isSending = false;
  /** What is left of the answer's body while the caller takes no more. */
  #rest: Uint8Array | undefined;
  #encoding: string | undefined;

  constructor(plan: CallPlan, caller: CallerAnswer, options: TranslateOptions) {
    super(plan, caller, options);
    const { maxMessageBytes, maxSentBytes } = plan;
    this.#sent = new MessageBuffer(options.budget, maxSentBytes);
    this.#received = new MessageBuffer(options.budget, prefixBytes + maxMessageBytes);
    this.#scanner = new EnvelopeScanner(maxMessageBytes);
  }

  readBody(): void {
    const { message, maxSentBytes } = this.plan;
    if (message !== undefined && message.length > maxSentBytes) this.breakOff(callerFaults.length);
    else if (message !== undefined) this.#send(message);
    else if (this.caller.request.framing.kind === "none") this.bodyEnd();
    else this.caller.readBody();
  }

  /** The upstream has taken the message. */
  resumeBody(): void {
    if (this.#isSending) this.#endRequest();
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
    this.#isSending = true;
    if (this.upstream?.bodyData(toEnvelope(flags, message)) !== false && this.#isSending) this.#endRequest();
  }

  #endRequest(): void {
    this.#isSending = false;
    this.#sent.clear();
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
    this.#isSending = false;
    if (end.status !== 0) this.#answerError(end);
    else if (!this.#scanner.isWhole) this.fail(upstreamFaults.partial);
    else if (this.#scanner.count === 0) this.fail(upstreamFaults.count);
    else {
      const message = this.#received.take();
      const isCompressed = message[0] === compressedFlag;
      const coding = isCompressed && this.#encoding !== undefined ? ["content-encoding", this.#encoding] : [];
      const body = this.#convert(message.subarray(prefixBytes));
      if (body !== undefined) this.#pass(200, [...this.#headers, ...coding], end, body);
    }
  }

  /** The answer as the caller gets it, which counts in place of the message; `undefined`: it failed. */
  #convert(message: Uint8Array): Uint8Array | undefined {
    const { json } = this.plan;
    if (json === undefined) return message;
    const text = json.toJson(message);
    this.#received.clear();
    const fault = text === undefined ? "format" : this.#received.add(text);
    if (fault === undefined) return this.#received.take();
    this.fail(upstreamFaults[fault]);
    return undefined;
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
    // The upstream has ended: it need not know what becomes of its answer.
    this.upstream = undefined;
    if (this.caller.head(status, fields, false)) this.#write(body);
    else this.release();
  }

  /** Passes the body on in parts, so that a caller which does not read keeps no message that is not counted. */
  #write(body: Uint8Array): void {
    this.#rest = undefined;
    for (let at = 0; !this.isOver; at += partBytes) {
      const rest = body.subarray(at);
      const isLast = rest.length <= partBytes;
      if (isLast) this.release();
      if (!this.caller.data(isLast ? rest : rest.subarray(0, partBytes), isLast) && !isLast) {
        this.#rest = rest.subarray(partBytes);
        return;
      }
    }
  }

  override drained(): void {
    if (this.#rest === undefined) super.drained();
    else this.#write(this.#rest);
  }

  protected release(): void {
    this.#isSending = false;
    this.#rest = undefined;
    this.#sent.clear();
    this.#received.clear();
  }
}
