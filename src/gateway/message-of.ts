import { AuthError } from "../errors.js";

/** Our own messages never hold a secret; others might. */
export function messageOf(error: unknown): string {
  return error instanceof AuthError ? error.message : "this cannot be used";
}
