import type { IncomingMessage } from "node:http";
import type { StreamRequest } from "../listen/stream-request.js";
import type { AnswerRecord, RequestOutcome } from "../route/outcome.js";

/** A request in a trace. */
export interface RequestSpan {
  /** Begins the span of the call to the upstream, and writes its context into the fields of that call. */
  call(headers: string[]): void;
  /** Ends what has begun. */
  end(outcome: RequestOutcome, answered: AnswerRecord): void;
}

/** Begins the span of a request. */
export type BeginSpan = (request: IncomingMessage | StreamRequest) => RequestSpan;
