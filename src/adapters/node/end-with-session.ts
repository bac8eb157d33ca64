import { constants } from "node:http2";
import type { Auth } from "../../engine/auth.js";
import type { Identity } from "../../model/identity.js";
import type { Caller, Session } from "../../model/session.js";
import type { NodeRequest, NodeResponse } from "./request.js";
import { resetStream } from "./reset-stream.js";

/**
 * Ends a stream when what let its caller in is gone: the session, the credentials or the account, so that a thief or a
 * disabled user keeps no stream open. The end of the token that opened it does not end the stream. The client sees a
 * cancelled stream, and 401 at its next call.
 */
export function endWithCaller<I extends Identity>(
  auth: Pick<Auth<I>, "front">,
  caller: Caller<I> | undefined,
  request: NodeRequest,
  response: NodeResponse,
): void {
  if (caller !== undefined) endWhen(request, response, (end) => auth.front.hold(caller, end));
}

/** The same for a stream that has a session, and no caller yet. */
export function endWithSession(session: Session, request: NodeRequest, response: NodeResponse): void {
  endWhen(request, response, (end) => session.onEnd(end));
}

/**
 * Ends a stream when what watches it says so.
 *
 * @param hold begins the watch, and returns the function that ends it
 */
export function endWhen(request: NodeRequest, response: NodeResponse, hold: (end: () => void) => () => void): void {
  whenGone(
    request,
    response,
    hold(() => cut(response)),
  );
}

function cut(response: NodeResponse): void {
  if ("stream" in response) resetStream(response.stream, constants.NGHTTP2_CANCEL);
  else response.destroy();
}

/** Calls back once when the response is over or its client has left. */
export function whenGone(request: NodeRequest, response: NodeResponse, callback: () => void): void {
  if ("stream" in response) {
    response.once("close", callback);
    return;
  }
  // With pipelining, a response that waits for its turn gets no event when its connection closes, and would be kept
  // until the session ends.
  const { socket } = request;
  const done = () => {
    response.off("close", done);
    socket.off("close", done);
    callback();
  };
  response.once("close", done);
  if (response.socket === null) socket.once("close", done);
}
