import { AuthError } from "./errors.js";

/** What may be told of an error: the class alone, since a message may hold whatever its thrower was given. Our own never hold a secret. */
export function toErrorName(error: unknown): string {
  if (error instanceof AuthError) return `${error.name}: ${error.message}`;
  return error instanceof Error ? error.name : typeof error;
}
