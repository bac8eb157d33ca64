import type { IncomingMessage } from "node:http";
import type { StreamRequest } from "../listen/stream-request.js";
import type { AnswerRecord, RequestOutcome } from "../route/outcome.js";

/**
 * Called once for each request: when the last byte of its answer was handed to its connection, when its answer broke off,
 * or when a WebSocket is closed.
 */
export type OnAnswered = (
  request: IncomingMessage | StreamRequest,
  outcome: RequestOutcome,
  answered: AnswerRecord,
) => void;
