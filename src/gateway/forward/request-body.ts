import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { dropBytes, dropMs, dropRest } from "../../adapters/node/drop-rest.js";
import type { NodeRequest } from "../../adapters/node/request.js";
import { afterThisTurn, type Platform } from "../../base/platform.js";

/**
 * Makes the body of the upstream's request, with back-pressure. It is not the caller's request itself: undici destroys
 * a body when the response comes early, and would destroy the caller's connection before the caller has read the
 * response.
 *
 * Reading begins when the upstream's connection is open; until then a caller that sent `Expect` gets no 100.
 */
export function toUpstreamBody(request: NodeRequest): Readable {
  let reading = false;
  const onData = (chunk: Uint8Array) => {
    if (!body.push(chunk)) request.pause();
  };
  const onEnd = () => {
    if (!("stream" in request)) {
      body.push(null);
      return;
    }
    // Node ends the body of a stream that a reset has cut like that of a whole one, and may tell of the reset later, in the
    // same turn of the event loop.
    afterThisTurn(() => {
      if (body.destroyed) return;
      if (request.aborted) body.destroy(new Error("the caller broke off"));
      else body.push(null);
    });
  };
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
  // The failure is handled where the body is used; an error event without a listener would end the process.
  return body.on("error", () => {});
}

/**
 * For a response that is complete before its request is: what is left of the body is taken within bounds, those of a
 * denied one, so that the answer is not lost in a reset; and then the connection closes (HTTP/2: the stream).
 */
export function dropLeftover(request: NodeRequest, platform: Platform): void {
  if ("stream" in request) {
    dropRest(request, platform);
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
  const cancel = platform.delay(dropMs, close);
  const onData = () => {
    if (socket.bytesRead - start > dropBytes) close();
  };
  function cleanUp(): void {
    cancel();
    request.off("data", onData).off("end", cleanUp).off("close", cleanUp);
  }
  request.on("data", onData).on("end", cleanUp).on("close", cleanUp);
}
