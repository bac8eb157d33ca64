import { maxLoginMs, maxReadingAgeMs } from "./store.js";

/** "Every session of this subject is over": kept for `maxLoginMs` against log-ins under way. */
export interface EndMark {
  readonly at: number;
  readonly reason: string;
}

/**
 * Whether a session that opens at `now` falls under the mark. An end in the same millisecond counts, and so does one
 * up to a second ahead: clocks repeat and step back, and a race ends on the side of refusal. One further ahead was
 * written before the clock was set back, and must not lock the subject out until the clock has caught up.
 */
export function isUnderMark(mark: EndMark, now: number, loginMs: number): boolean {
  return mark.at >= now - loginMs && mark.at <= now + maxReadingAgeMs;
}

/** Why a log-in that began before the oldest remembered end opens revoked. */
export const lateLogin = "log-in took too long";

/** The mark that covers a session opening now, if there is one. */
export function coveringMark(marks: readonly EndMark[], now: number, loginMs: number): EndMark | undefined {
  if (loginMs > maxLoginMs) return { at: now, reason: lateLogin };
  return marks.find((mark) => isUnderMark(mark, now, loginMs));
}
