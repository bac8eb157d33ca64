import type { Http2Stream } from "node:http2";

/**
 * Ends a stream at once by RST_STREAM. Node's `close` ends the writable side first, and sends that END_STREAM ahead of the
 * reset: a body that was broken off would look complete to the peer.
 */
export function resetStream(stream: Http2Stream, code: number): void {
  stream._final = finishNothing;
  stream.close(code);
}

function finishNothing(done: (error?: Error | null) => void): void {
  done();
}
