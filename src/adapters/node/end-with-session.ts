import { constants } from "node:http2";
import type { Session } from "../../model/session.js";
import type { NodeRequest, NodeResponse } from "./request.js";

/**
 * A stream lives with its session, not with the token that opened it: when the session ends, so does the stream, and
 * with it whatever a thief or a disabled user still has open. The client sees a cancelled stream, and 401 at its next
 * call.
 */
export function endWithSession(session: Session | undefined, request: NodeRequest, response: NodeResponse): void {
  if (session === undefined) return;
  const forget = session.onEnd(() => {
    if ("stream" in response) response.stream.close(constants.NGHTTP2_CANCEL);
    else response.destroy();
  });
  whenGone(request, response, forget);
}

/** Calls back once when the response is over, or nobody is there any more to read it. */
export function whenGone(request: NodeRequest, response: NodeResponse, callback: () => void): void {
  if ("stream" in response) {
    response.once("close", callback);
    return;
  }
  // In a pipeline, a response that waits for its turn never hears that its connection is gone, and would be kept until
  // the session ends.
  const { socket } = request;
  const done = () => {
    response.off("close", done);
    socket.off("close", done);
    callback();
  };
  response.once("close", done);
  if (response.socket === null) socket.once("close", done);
}
