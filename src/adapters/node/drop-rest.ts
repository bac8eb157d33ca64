import { constants, type Http2Session, type ServerHttp2Stream } from "node:http2";
import type { Platform } from "../../base/platform.js";
import { resetStream } from "./reset-stream.js";

/** As much as a kernel has usually read ahead, and more than any honest log-in. */
export const dropBytes: number = 64 * 1024;

/**
 * Long enough for an uploader to notice its answer; a reset that overtakes the answer would hide it. A little less
 * than the second that is promised, since timers of a busy process come late.
 */
export const dropMs = 950;

/** What the streams of one connection may bring in each second, beside what their windows let them send anyway. */
const budgetBytes = 1024 * 1024;
const budgetMs = 1_000;

interface Budget {
  /** Monotonic instant at which it was last full. */
  since: number;
  taken: number;
}

const budgets = new WeakMap<Http2Session, Budget>();

/**
 * Drops what still comes on an HTTP/2 stream that is answered, or about to be, before its body has ended.
 *
 * Such a stream must go as soon as both sides have closed it. Node keeps one whose body is left unread and counts it
 * among `maxConcurrentStreams`. The client does not, and opens the next: Node resets that with ENHANCE_YOUR_CALM, and
 * after `maxSessionRejectedStreams` in a row destroys the connection, with all calls on it.
 *
 * A stream that has brought 64 KiB gets no more window, and one that has not ended after a second is reset: with
 * NO_ERROR if its answer is out (RFC 9113 §8.1). Not earlier: as long as the end of the body may be under way, a reset
 * crosses it, nghttp2 counts the stream for a moment longer than the client, and a client that uses all its streams
 * loses its connection by PROTOCOL_ERROR.
 *
 * All streams of a connection share 1 MiB a second. When that is gone, none of them gets more window, nor does one that
 * is refused within the same second. It is a rate: a sum over the life of a connection would be used up some day by a
 * proxy that passes a refused call now and then, and a limit on what open streams have brought would never be reached by
 * an attacker who sends 64 KiB on one stream after the other.
 */
export function dropRest(stream: ServerHttp2Stream, platform: Platform): void {
  const { session } = stream;
  if (session === undefined || stream.endAfterHeaders || stream.readableEnded) return;
  const budget = budgetOf(session, platform.monotonic());
  let taken = 0;

  // Node destroys a stream at once when both sides have closed it and nothing can be read from it.
  stream.readable = false;
  stream.on("data", (chunk: Uint8Array) => {
    taken += chunk.length;
    budget.taken += chunk.length;
    if (taken >= dropBytes || budget.taken >= budgetBytes) stop(stream);
  });
  stream.resume();
  const cancel = platform.delay(dropMs, () => {
    // A client that does not read its answer may not keep the stream either.
    const isAnswered = stream.state.localClose === 1;
    resetStream(stream, isAnswered ? constants.NGHTTP2_NO_ERROR : constants.NGHTTP2_CANCEL);
  });
  stream.once("close", cancel);
}

/**
 * No more window for the client. Node gives it back for what was read when it wants more: here it does not want more.
 * What comes is dropped all the same.
 */
function stop(stream: ServerHttp2Stream): void {
  if (Object.hasOwn(stream, "_read")) return;
  stream.pause();
  stream._read = () => {};
  stream.resume();
}

function budgetOf(session: Http2Session, now: number): Budget {
  let budget = budgets.get(session);
  if (budget === undefined) {
    budget = { since: now, taken: 0 };
    budgets.set(session, budget);
  } else if (now - budget.since >= budgetMs) {
    budget.since = now;
    budget.taken = 0;
  }
  return budget;
}
