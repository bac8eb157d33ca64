import { type Awaitable, after } from "../../base/awaitable.js";
import type { Platform } from "../../base/platform.js";
import type { Verdict } from "../../handlers/handler.js";
import type { Checked, CredentialMemory } from "../../handlers/remembered-credentials.js";
import type { AuthenticationReason } from "../../model/decision.js";
import type { Identity } from "../../model/identity.js";
import type { HeaderFields, RequestOrigin } from "../../model/request.js";
import type { Throttle } from "./throttle.js";

/** The credentials to check. */
export interface CheckRequest<I extends Identity> {
  /** The account to throttle; `undefined` for credentials that are no guess. */
  readonly account: string | undefined;
  readonly source: string | undefined;
  /** The key from `memory.keyOf`, if the verdict depends on the credentials alone. */
  readonly key: string | undefined;
  /** The request, for events. */
  readonly from: RequestOrigin;
  run(): Awaitable<Verdict<I>>;
}

export interface CheckRefusal {
  readonly kind: "refused";
  readonly reason: AuthenticationReason;
  readonly headers?: HeaderFields | undefined;
}

export type GuardedCheck<I extends Identity> = (question: CheckRequest<I>) => Awaitable<Checked<I> | CheckRefusal>;

export interface GuardedCheckParts<I extends Identity> {
  readonly platform: Platform;
  readonly memory: CredentialMemory<I>;
  readonly throttle: Throttle;
}

/**
 * Makes the function that asks a handler: throttled if the credentials are a guess, and once for all callers that
 * present the same credentials at the same time. So a fleet that starts with one password makes one attempt at the
 * account, and one per source.
 */
export function createGuardedCheck<I extends Identity>({
  platform,
  memory,
  throttle,
}: GuardedCheckParts<I>): GuardedCheck<I> {
  return ({ account, source, key, from, run }) => {
    const share = <T>(suffix: string, check: () => Awaitable<T>) =>
      key === undefined ? check() : memory.share(key + suffix, check);
    const check = (): Awaitable<Checked<I>> => {
      const checkedAt = platform.monotonic();
      const verdict = account === undefined ? run() : throttle.guardAccount(account, run, from);
      return after(verdict, (settled) => ({ verdict: settled, checkedAt }));
    };
    if (account === undefined) return share("", check);
    // A key holds no space, so the suffix makes it unambiguous.
    return share(` ${source}`, () =>
      after(
        throttle.guardSource(
          source,
          () => share("", check),
          ({ verdict }) => verdict,
        ),
        (checked) => (typeof checked === "string" ? toRefusal(checked, throttle.retryAfterSeconds) : checked),
      ),
    );
  };
}

function toRefusal(reason: "throttled" | "unavailable", retryAfterSeconds: number): CheckRefusal {
  return reason === "unavailable"
    ? { kind: "refused", reason }
    : { kind: "refused", reason, headers: [["retry-after", String(retryAfterSeconds)]] };
}
