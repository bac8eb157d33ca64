import { parseToken } from "../../src/client/bearer/token-holder.js";

/** What a call came to. */
export type Outcome =
  /** An upstream, or a service of the gateway, has answered. */
  | { readonly kind: "let in"; readonly subject?: string | undefined; readonly token?: string | undefined }
  /** 401 and its like: the reason that programs read. */
  | { readonly kind: "refused"; readonly reason: string }
  /** 503 and its like: try again. */
  | { readonly kind: "unavailable" }
  /** No answer. */
  | { readonly kind: "lost"; readonly how: string }
  /** What no client should ever see. */
  | { readonly kind: "odd"; readonly what: string };

/** A request, and what it came to. Instants are those of the machine's clock, which all processes share. */
export interface Call {
  /** Its `X-Request-Id`, by which the logs of the gateways name it. */
  readonly id: string;
  /** The client and what it does. */
  readonly by: string;
  readonly account: string;
  /** `undefined`: a log-in by password. */
  readonly token: string | undefined;
  readonly sentAt: number;
  answeredAt?: number;
  outcome?: Outcome;
}

/** What ended sessions, or is about to. */
export interface End {
  readonly what: string;
  readonly from: number;
  /** When it was told to be done. */
  by: number;
  /** How long other nodes may take then. */
  readonly boundMs: number;
  /** When a restore may have taken it back. */
  undoneAt: number;
}

/** What is known of a session. */
export interface SessionRecord {
  readonly session: string;
  readonly account: string;
  readonly client: string;
  /** It was opened between these. */
  readonly openedFrom: number;
  readonly openedBy: number;
  /** Ends that are certain to be its own. */
  readonly ends: End[];
  /** From then on it may be over, by an end or by a restore. */
  mayBeOverFrom: number;
  /** When each generation was first sent. It was not confirmed before. */
  readonly firstSent: Map<number, number>;
  newest: string;
  readonly calls: Call[];
}

export interface AccountRecord {
  readonly name: string;
  /** The edit of the user file that shuts it out for good. */
  disabled?: End;
  /** The ends of its sessions. */
  readonly ends: End[];
}

/** The number of a token within its session. */
export function generationOf(token: string): number {
  return parseToken(token)?.generation ?? 0;
}

export function sessionOf(token: string): string {
  const session = parseToken(token)?.session;
  if (session === undefined) throw new Error("no session token was given");
  return Buffer.from(session, "latin1").toString("hex");
}

export function toText(outcome: Outcome | undefined): string {
  switch (outcome?.kind) {
    case undefined:
      return "under way";
    case "let in":
      return outcome.token === undefined ? "let in" : `let in, given ${generationOf(outcome.token)}`;
    case "refused":
      return `refused: ${outcome.reason}`;
    case "lost":
      return `lost: ${outcome.how}`;
    case "odd":
      return outcome.what;
    default:
      return "unavailable";
  }
}
