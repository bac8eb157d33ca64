import type { IncomingMessage } from "node:http";
import { constants } from "node:http2";
import { Readable } from "node:stream";
import type { NodeRequest, NodeResponse } from "../../adapters/node/request.js";
import type { Platform } from "../../base/platform.js";

/** What is taken of a body that nobody wants any more, and for how long: as for a denied one. */
const leftoverBytes = 64 * 1024;

const leftoverMs = 950;

/**
 * A request's body for the upstream, with back-pressure. Not the request itself: undici destroys a body whose answer
 * came early, and with it would go the caller's connection before the answer was read.
 *
 * Reading begins when the upstream's connection is there; until then nobody who sent `Expect` is told to go on.
 */
export function toUpstreamBody(request: NodeRequest): Readable {
  let reading = false;
  const onData = (chunk: Uint8Array) => {
    if (!body.push(chunk)) request.pause();
  };
  const onEnd = () => body.push(null);
  const onBroken = () => {
    if (!request.readableEnded) body.destroy(new Error("the caller broke off"));
  };
  const body = new Readable({
    read() {
      if (!reading) {
        reading = true;
        request.on("data", onData).on("end", onEnd).on("aborted", onBroken).on("close", onBroken);
      }
      request.resume();
    },
    destroy(error, done) {
      request.off("data", onData).off("end", onEnd).off("aborted", onBroken).off("close", onBroken).pause();
      done(error);
    },
  });
  // Whoever broke off is told elsewhere; an error event that nobody hears would end the process.
  return body.on("error", () => {});
}

/**
 * For a response that is complete before its request is: what is left of the body is taken within bounds, so that the
 * answer is not lost in a reset, and then the connection closes (HTTP/2: the stream).
 */
export function dropLeftover(request: NodeRequest, response: NodeResponse, platform: Platform): void {
  if ("stream" in request) {
    const { stream } = request;
    if (!stream.readableEnded) response.once("finish", () => stream.close(constants.NGHTTP2_NO_ERROR));
    return;
  }
  if (!request.complete) boundLeftover(request, platform);
  request.resume();
}

function boundLeftover(request: IncomingMessage, platform: Platform): void {
  const { socket } = request;
  const start = socket.bytesRead;
  const close = () => {
    cleanUp();
    socket.destroy();
  };
  const cancel = platform.delay(leftoverMs, close);
  const onData = () => {
    if (socket.bytesRead - start > leftoverBytes) close();
  };
  function cleanUp(): void {
    cancel();
    request.off("data", onData).off("end", cleanUp).off("close", cleanUp);
  }
  request.on("data", onData).on("end", cleanUp).on("close", cleanUp);
}
