import type { NodeRequest, NodeResponse } from "../../adapters/node/request.js";
import { ignoreFailure } from "../../base/awaitable.js";

/**
 * How many interim answers of one request are passed on. They are written whether the caller reads or not, and an upstream
 * that sends them without end would fill the memory.
 */
export const maxHints = 8;

/** Passes on 103 (RFC 8297), and no other interim answer. 1xx were never sent to HTTP/1.0 (RFC 9110 §15.2). */
export function passInterim(
  request: NodeRequest,
  response: NodeResponse,
  status: number,
  link: string | string[] | undefined,
): void {
  // Node throws for a link that is ill-formed: hints may go missing, the answer may not.
  if (status === 103 && link !== undefined && request.httpVersion !== "1.0") {
    ignoreFailure(() => response.writeEarlyHints({ link }));
  }
}
