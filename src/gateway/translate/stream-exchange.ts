import type { BreakOff, CallerAnswer, Failure } from "../forward/exchange.js";
import { refusals } from "../route/outcome.js";
import { toAnswerHeader } from "./answer-header.js";
import { Base64Stream, toBase64Bytes } from "./base64-stream.js";
import { type CallEnd, endOfDenial, toEndStream, toWebTrailers } from "./call-end.js";
import type { CallPlan } from "./call-plan.js";
import { type EnvelopeFault, EnvelopeScanner, toEnvelope } from "./envelopes.js";
import { callerFaults, upstreamFaults } from "./faults.js";
import { type ConvertFault, MessageConverter } from "./message-converter.js";
import { TranslatedExchange, type TranslateOptions } from "./translated-exchange.js";

const webTrailerFlag = 0x80;
const endStreamFlag = 2;

const endings: Readonly<Record<"unauthenticated" | "deadline_exceeded", CallEnd>> = {
  unauthenticated: { status: 16, message: "What let you in is gone.", details: undefined, metadata: [] },
  deadline_exceeded: { status: 4, message: "The time of the call is over.", details: undefined, metadata: [] },
};

const nothing = new Uint8Array();

interface Passed {
  readonly passed: Uint8Array;
  /** What ends the call behind it. */
  readonly fault: EnvelopeFault | ConvertFault | undefined;
}

/** Checks the next bytes of one direction, and converts the messages that they complete. */
function pass(bytes: Uint8Array, scanner: EnvelopeScanner, converter: MessageConverter | undefined): Passed {
  const checked = scanner.push(bytes);
  const passed = converter === undefined ? checked : converter.push(checked);
  return typeof passed === "string" ? { passed: nothing, fault: passed } : { passed, fault: scanner.fault };
}

/**
 * A call whose messages pass as they are: gRPC-Web, and streams of Connect. Their prefixes are checked, and only the end
 * has another form. Nothing is kept of a message, unless it is one in JSON: then it is converted as a whole.
 */
export class StreamExchange extends TranslatedExchange {
  readonly #text: Base64Stream | undefined;
  readonly #sent: EnvelopeScanner;
  readonly #received: EnvelopeScanner;
  /** Of callers that use JSON. */
  readonly #toMessages: MessageConverter | undefined;
  readonly #toJson: MessageConverter | undefined;
  #hasHead = false;

  constructor(plan: CallPlan, caller: CallerAnswer, options: TranslateOptions) {
    super(plan, caller, options);
    this.#text = plan.protocol === "grpc-web-text" ? new Base64Stream() : undefined;
    this.#sent = new EnvelopeScanner(plan.maxSentBytes);
    this.#received = new EnvelopeScanner(plan.maxMessageBytes);
    const { json, maxMessageBytes, maxSentBytes } = plan;
    if (json !== undefined) {
      this.#toMessages = new MessageConverter(json.toMessage, options.budget, maxSentBytes);
      this.#toJson = new MessageConverter(json.toJson, options.budget, maxMessageBytes);
      // A compressed message is not read.
      this.#sent.takesCompressed = false;
    }
  }

  readBody(): void {
    this.caller.readBody();
  }

  resumeBody(): void {
    this.caller.resumeBody();
  }

  bodyData(chunk: Uint8Array): boolean {
    const bytes = this.#text === undefined ? chunk : this.#text.push(chunk);
    if (bytes === undefined) {
      this.breakOff(callerFaults.base64);
      return true;
    }
    const { passed, fault } = pass(bytes, this.#sent, this.#toMessages);
    if (fault !== undefined) {
      this.breakOff(callerFaults[fault]);
      return true;
    }
    return passed.length === 0 || this.upstream?.bodyData(passed) !== false;
  }

  bodyEnd(): void {
    if (this.#sent.isWhole && this.#text?.isWhole !== false) this.upstream?.bodyEnd();
    else this.breakOff(callerFaults.partial);
  }

  protected begin(received: readonly string[]): boolean {
    const { protocol, contentType, accepted } = this.plan;
    const fields = toAnswerHeader(protocol, contentType, received, accepted);
    if (fields === undefined) {
      this.fail(upstreamFaults.trailer);
      return false;
    }
    this.#received.takesCompressed = fields.encoding !== undefined;
    this.#hasHead = true;
    return this.caller.head(200, fields.headers, false);
  }

  data(chunk: Uint8Array, isLast: boolean): boolean {
    if (this.isOver) return true;
    const { passed, fault } = pass(chunk, this.#received, this.#toJson);
    const goesOn = passed.length === 0 || this.caller.data(this.#encode(passed), false);
    if (fault !== undefined) this.breakOff(upstreamFaults[fault]);
    else if (isLast) this.end([]);
    return goesOn;
  }

  protected override finish(trailers: readonly string[]): void {
    if (this.#received.isWhole) super.finish(trailers);
    else this.fail(upstreamFaults.partial);
  }

  protected answer(end: CallEnd): void {
    const { caller, plan } = this;
    // The caller may be in the middle of a message.
    this.release();
    caller.grpcStatus = String(end.status);
    if (!this.#hasHead && !caller.head(200, ["content-type", plan.contentType], false)) return;
    caller.data(this.#toEnd(end), true);
  }

  ending(why: BreakOff | Failure): Uint8Array | undefined {
    if (this.#toJson === undefined && this.#received.isInside) return undefined;
    return this.#toEnd(typeof why === "string" ? endings[why] : endOfDenial(refusals[why.reason]));
  }

  protected release(): void {
    this.#toMessages?.clear();
    this.#toJson?.clear();
  }

  #toEnd(end: CallEnd): Uint8Array {
    return this.plan.protocol === "connect-stream"
      ? toEnvelope(endStreamFlag, toEndStream(end))
      : this.#encode(toEnvelope(webTrailerFlag, toWebTrailers(end)));
  }

  #encode(bytes: Uint8Array): Uint8Array {
    return this.#text === undefined ? bytes : toBase64Bytes(bytes);
  }
}
