import { AuthError } from "../../base/errors.js";
import type { NodeRequest } from "./request.js";

/** Some middleware in front has read from the body, or has parsed it. */
export function wasBodyRead(request: NodeRequest): boolean {
  return (request as NodeRequest & { body?: unknown }).body !== undefined || request.readableDidRead;
}

export function bodyReadError(): AuthError {
  return new AuthError(
    "body_read_before_auth",
    "the body was read before the door could decide: mount express.json(), multer and other body parsers after it",
  );
}
