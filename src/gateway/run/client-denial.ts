import { type DenialResponse, toDenialResponse } from "../../adapters/node/reject.js";
import type { Denial } from "../../model/decision.js";
import { firstOf } from "../../model/raw-headers.js";

const connect = Object.freeze(["connect-protocol-version", "1"]);

/**
 * Returns the answer that another proxy gives its client in the place of a denial: in the form of plain HTTP and Connect, since
 * the status of a denial of gRPC is 200, and with each field once.
 *
 * @param rawHeaders the client's fields
 */
export function toClientDenial(denial: Denial, rawHeaders: readonly string[]): DenialResponse {
  const isConnect = firstOf(rawHeaders, "connect-protocol-version") !== undefined;
  const answer = toDenialResponse(denial, { method: "GET", rawHeaders: isConnect ? connect : [] });
  const fields = new Map<string, string>();
  for (const [name, value] of answer.headers) {
    const before = fields.get(name);
    fields.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return { ...answer, headers: [...fields] };
}
