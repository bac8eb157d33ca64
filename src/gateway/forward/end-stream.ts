import type { Http2Stream } from "node:http2";
import { Duplex } from "node:stream";

const isEnded = Symbol("sallyport.ended");

type NotedStream = Http2Stream & { [isEnded]?: boolean };

/**
 * Notes whether the peer ends a stream by END_STREAM. Node emits `end` after every end, also after a reset with NO_ERROR or
 * CANCEL, and after a lost connection. Only with END_STREAM does it push `null` before it marks the stream as closed.
 *
 * To be called before anything of the body can have come.
 */
export function noteEndStream(stream: Http2Stream): void {
  const noted = stream as NotedStream;
  noted[isEnded] = false;
  noted.push = pushAndNote;
}

/** Whether END_STREAM was noted. */
export function hasEndStream(stream: Http2Stream): boolean {
  return (stream as NotedStream)[isEnded] === true;
}

function pushAndNote(this: NotedStream, chunk: unknown, encoding?: BufferEncoding): boolean {
  if (chunk === null && !this.closed) this[isEnded] = true;
  return Duplex.prototype.push.call(this, chunk, encoding);
}
