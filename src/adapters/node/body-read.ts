import { AuthError } from "../../base/errors.js";
import type { NodeRequest } from "./request.js";

/** Whether a middleware in front has read or parsed the body. */
export function wasBodyRead(request: NodeRequest): boolean {
  return (request as NodeRequest & { body?: unknown }).body !== undefined || request.readableDidRead;
}

export function bodyReadError(): AuthError {
  return new AuthError(
    "body_read_before_auth",
    "the body was read before authentication: mount express.json(), multer and other body parsers after it",
  );
}
