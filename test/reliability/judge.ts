import { type AccountRecord, type Call, type End, generationOf, type SessionRecord } from "./records.js";

/** What the documents promise, in milliseconds. */
export interface Rules {
  readonly overlapMs: number;
  readonly stragglerMs: number;
  readonly absoluteMs: number;
  /** How late an end may be noticed by another node. */
  readonly endMs: number;
  /** How late an edit of the user file may be. */
  readonly fileMs: number;
  /** For how long a gateway stood still between two instants, so that it could not notice anything. */
  readonly stoodStillMs: (from: number, to: number) => number;
}

/** Returns why a call should not have been let in, or `undefined`. */
export function judgeLetIn(
  call: Call,
  record: SessionRecord | undefined,
  account: AccountRecord,
  rules: Rules,
): string | undefined {
  // Exact: the machine's clock is the store's, and the boundary is exclusive.
  const lateMs = record === undefined ? -1 : call.sentAt - (record.openedBy + rules.absoluteMs);
  return lateMs >= 0 ? `${lateMs} ms after the absolute limit` : judgeEnds(call, record, account, rules);
}

/** The same for what came by a stream, which is sent by the upstream. A timer ends it at the absolute limit. */
export function judgeTick(
  call: Call,
  record: SessionRecord | undefined,
  account: AccountRecord,
  rules: Rules,
): string | undefined {
  if (record === undefined) return undefined;
  const by = record.openedBy + rules.absoluteMs;
  const what = "the absolute limit";
  const end: End = { what, from: by, by, boundMs: rules.endMs, undoneAt: Number.POSITIVE_INFINITY };
  return judgeEnds(call, { ...record, ends: [...record.ends, end] }, account, rules);
}

function judgeEnds(
  { sentAt, answeredAt = sentAt }: Call,
  record: SessionRecord | undefined,
  { disabled }: AccountRecord,
  rules: Rules,
): string | undefined {
  for (const end of [...(record?.ends ?? []), ...(disabled ? [disabled] : [])]) {
    // A call that was sent in time may be let in, however late it is answered.
    if (sentAt <= overFrom(end, sentAt, rules)) continue;
    if (end !== disabled && answeredAt >= end.undoneAt) continue;
    return `${sentAt - end.by} ms after ${end.what}, with a bound of ${end.boundMs} ms`;
  }
  return undefined;
}

/** When the last call can have been let in by a gateway that did not stand still. */
export function overFrom({ by, boundMs }: End, at: number, { stoodStillMs }: Rules): number {
  return by + boundMs + (by === Number.POSITIVE_INFINITY ? 0 : stoodStillMs(by, at));
}

/** The request for which the gateways have ended a session, and when. */
export interface Reuse {
  readonly call: Call;
  readonly at: number;
}

/**
 * - `right`: the session may be over, or the call was late.
 * - `too late`: a request came later than the rules bear; the relay never makes one so late, but a machine that is busy may.
 * - `false`: an honest client was logged out.
 */
export interface Verdict {
  readonly verdict: "right" | "too late" | "false";
  readonly why: string;
}

const right: Verdict = { verdict: "right", why: "" };

export function judgeRefusal(
  { token = "", answeredAt = 0, outcome }: Call,
  record: SessionRecord,
  reuse: Reuse | undefined,
  { overlapMs, stragglerMs, absoluteMs }: Rules,
): Verdict {
  const reason = outcome?.kind === "refused" ? outcome.reason : "";
  if (record.mayBeOverFrom <= answeredAt || record.openedFrom + absoluteMs <= answeredAt) return right;
  // A generation is superseded no earlier than the next one was sent.
  const lateMs = (sent: string, at: number): number =>
    at - (record.firstSent.get(generationOf(sent) + 1) ?? Number.POSITIVE_INFINITY);
  if (reason === "superseded") {
    if (lateMs(token, answeredAt) >= overlapMs) return right;
    return { verdict: "false", why: `superseded ${lateMs(token, answeredAt)} ms after the next token was first sent` };
  }
  const reusedMs = reuse === undefined ? 0 : lateMs(reuse.call.token ?? "", reuse.at);
  if (reusedMs >= overlapMs + stragglerMs) return { verdict: "too late", why: "" };
  const told =
    reuse === undefined ? "" : `, for a request that came ${reusedMs} ms after the next token was first sent`;
  return { verdict: "false", why: reason + told };
}
