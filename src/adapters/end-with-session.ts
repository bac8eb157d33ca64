import { constants } from "node:http2";
import type { Session } from "../sessions/session.js";
import type { NodeResponse } from "./node-request.js";

/**
 * A stream lives with its session, not with the token that opened it: when the session ends, so does the stream, and
 * with it whatever a thief or a disabled user still has open. The client sees a cancelled stream, and 401 at its next
 * call.
 */
export function endWithSession(session: Session | undefined, response: NodeResponse): void {
  if (session === undefined) return;
  const forget = session.onEnd(() => {
    if ("stream" in response) response.stream.close(constants.NGHTTP2_CANCEL);
    else response.destroy();
  });
  response.once("close", forget);
}
