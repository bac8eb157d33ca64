import type { ResponseHead } from "../../../../src/gateway/forward/http1/response-head.js";
import { ResponseParser, type ResponseSink } from "../../../../src/gateway/forward/http1/response-parser.js";

/** What a parser makes of an answer, in a form that can be compared. */
export interface Read {
  /** `undefined`: the answer is not complete. */
  readonly outcome: string | undefined;
  readonly status: number;
  readonly fields: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
  readonly interim: readonly number[];
  /** Where the answer ends; -1 where it ends with its connection. */
  readonly end: number;
  readonly isKept: boolean;
}

export interface ReadOptions {
  readonly method?: string;
  readonly asksUpgrade?: boolean;
  readonly maxHeadBytes?: number;
  /** Bytes of each piece. Default: all at once. */
  readonly pieces?: number;
}

/** Reads one answer, in pieces, each in the middle of a buffer that is full of the ends of lines. */
export function read(answer: string, options: ReadOptions = {}): Read {
  const { method = "GET", asksUpgrade = false, maxHeadBytes = 65_536, pieces = answer.length || 1 } = options;
  const seen = { status: 0, fields: [] as readonly string[], trailers: [] as readonly string[] };
  const interim: number[] = [];
  const chunks: string[] = [];
  let lasts = 0;
  const sink: ResponseSink = {
    onInterim(head) {
      interim.push(head.status);
      return true;
    },
    onHead(head: ResponseHead, isLast) {
      seen.status = head.status;
      seen.fields = head.fields;
      if (isLast) lasts += 1;
      return true;
    },
    onData(chunk, isLast) {
      chunks.push(chunk.toString("latin1"));
      if (isLast) lasts += 1;
      return true;
    },
    onEnd(trailers) {
      seen.trailers = trailers;
      lasts += 1;
    },
  };
  const parser = new ResponseParser(sink, maxHeadBytes);
  parser.begin(method, asksUpgrade);
  let end = 0;
  const bytes = Buffer.from(answer, "latin1");
  // Stale bytes around a piece are those that would complete it.
  const buffer = Buffer.alloc(pieces + 64, "\r\n\r\n0\r\n\r\n");
  while (end < bytes.length && parser.fault === undefined && !parser.isDone && !parser.isUpgraded) {
    const piece = bytes.subarray(end, end + pieces);
    piece.copy(buffer, 8);
    buffer.fill("\n\r\n\r\n0\r\n\r\n", 8 + piece.length);
    end += parser.read(buffer, 8, 8 + piece.length) - 8;
  }
  const { fault, head, isDone, isUpgraded, endsByClose } = parser;
  if (lasts !== (isDone ? 1 : 0)) throw new Error(`${lasts} last parts`);
  const outcome = fault ?? (isUpgraded ? "upgrade" : isDone || endsByClose ? "end" : undefined);
  const isKept = fault === undefined && isDone && head.isKept;
  return { outcome, ...seen, body: chunks.join(""), interim, end: endsByClose ? -1 : end, isKept };
}
