import type { Platform } from "../base/platform.js";
import type { Denied, Deny } from "../credentials/deny.js";
import { lackOf } from "../credentials/permission.js";
import { isSufficient } from "../credentials/step-up.js";
import type { CallerRequirements, Denial } from "../model/decision.js";
import { toParty } from "../model/events.js";
import type { Caller } from "../model/session.js";

/** Makes `auth.askForMore`, the check of a known caller against the requirements of a route. */
export function createAskForMore(deny: Deny, platform: Platform) {
  return function askForMore(caller: Caller, asked: CallerRequirements, request: Denied): Denial | undefined {
    const details = { scheme: caller.scheme, party: toParty(caller) };
    if (!isSufficient(caller, asked, platform.now())) {
      return deny(request, "insufficient_user_authentication", { ...details, stepUp: asked });
    }
    const lack = lackOf(caller, asked);
    if (lack === undefined) return undefined;
    return deny(request, lack, lack === "insufficient_scope" ? { ...details, scopes: asked.scopes } : details);
  };
}

/** Makes `front.notPermitted`, the denial of a caller that a rule of the application refuses. */
export function createNotPermitted(deny: Deny) {
  return function notPermitted(caller: Caller, request: Denied, message?: string): Denial {
    const denial = deny(request, "not_permitted", { scheme: caller.scheme, party: toParty(caller) });
    return message === undefined ? denial : Object.freeze({ ...denial, message });
  };
}
