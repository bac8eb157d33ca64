import { type Awaitable, adopt, after, rescue, withinTime } from "../../base/awaitable.js";
import type { Platform } from "../../base/platform.js";
import type { Auth } from "../../engine/auth.js";
import type { Denial } from "../../model/decision.js";
import type { Identity } from "../../model/identity.js";
import type { AuthRequest } from "../../model/request.js";
import type { Caller } from "../../model/session.js";

/**
 * Decides whether a caller who is known may make a request.
 *
 * @param request its header block; nothing of the body has been read
 * @returns `true` lets the request in. `false` refuses it with 403, and so does a text, of 1 to 200 characters, which the
 *   caller gets as the message. Whatever else, an error and no answer in time refuse it with 503
 */
export type Authorize<I extends Identity = Identity> = (
  caller: Caller<I>,
  request: AuthRequest,
) => Awaitable<boolean | string>;

/** A longer text is a mistake, such as a page or a stack. */
const maxMessageLength = 200;

/** How the callback is asked. */
export interface AskAuthorizeParts<I extends Identity> {
  readonly auth: Pick<Auth<I>, "front">;
  readonly authorize: Authorize<I>;
  readonly timeoutMs: number;
  readonly platform: Platform;
}

/** Makes what asks `authorize` of the application. It returns a denial, or `undefined` for a caller who may pass. */
export function createAskAuthorize<I extends Identity>({
  auth: { front },
  authorize,
  timeoutMs,
  platform,
}: AskAuthorizeParts<I>): (caller: Caller<I>, request: AuthRequest) => Awaitable<Denial | undefined> {
  return (caller, request) =>
    rescue(
      () =>
        after(withinTime(adopt(authorize(caller, request)), platform, timeoutMs), (answer) => {
          if (answer === true) return undefined;
          if (answer === false) return front.notPermitted(caller, request);
          return front.notPermitted(caller, request, requireMessage(answer));
        }),
      (error) => {
        front.callbackFailed("authorize", error);
        return front.unavailable(request);
      },
    );
}

/** @throws {TypeError} for anything but a short text: it neither lets a caller in nor says why it is refused */
function requireMessage(answer: unknown): string {
  if (typeof answer === "string" && answer.length > 0 && answer.length <= maxMessageLength) return answer;
  throw new TypeError(`it must return true, false, or the reason of a refusal in 1 to ${maxMessageLength} characters`);
}
