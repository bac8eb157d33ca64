import { tokenIn } from "./client.js";
import type { Outcome } from "./records.js";

interface Answer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
}

/** Reads what an answer over HTTP means to its client. 408: the relay has cut or held up the head of the request. */
export function toOutcome({ status, headers }: Answer, subject: string | undefined): Outcome {
  const reason = headers.get("sallyport-reason") ?? "";
  if (status === 200) return { kind: "let in", subject, token: tokenIn(headers.get("authorization")) };
  if (status === 401) return { kind: "refused", reason };
  if (status === 503) return { kind: "unavailable" };
  if (status === 408) return { kind: "lost", how: "408" };
  return { kind: "odd", what: `${status} ${reason}` };
}

export function toLoss(error: unknown): Outcome {
  const { name, message, cause } = error as Error;
  return { kind: "lost", how: cause instanceof Error ? `${name}: ${cause.message}` : `${name}: ${message}` };
}
