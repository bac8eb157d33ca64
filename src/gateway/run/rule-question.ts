import type { Answered } from "../../adapters/node/attach.js";
import { type Awaitable, after } from "../../base/awaitable.js";
import type { Platform } from "../../base/platform.js";
import type { Auth } from "../../engine/auth.js";
import type { Decision, Denial } from "../../model/decision.js";
import type { Identity } from "../../model/identity.js";
import type { AuthRequest } from "../../model/request.js";
import { asksMore, type Enter, type Entering, leave } from "../admit/enter.js";
import type { ProxyQuestion } from "../own/question.js";
import { type Ambiguity, isAmbiguous } from "../route/ambiguity.js";
import { none } from "../route/framing.js";
import { refusals } from "../route/outcome.js";
import { denialOf } from "../route/permission.js";
import { createResolve } from "../route/resolve.js";
import type { RouteConfig } from "../route/route-config.js";
import type { RouteTable } from "../route/routes.js";
import { createKeptDecisions, type Ruling } from "./kept-decisions.js";

export interface RuleQuestionOptions<I extends Identity> {
  readonly auth: Auth<I>;
  readonly routes: RouteTable;
  readonly enter: Enter;
  readonly platform: Platform;
}

/** What becomes of a request about which another proxy asks. */
export type Ruled<I extends Identity> =
  | { readonly kind: "passes"; readonly route: RouteConfig; readonly decision: Exclude<Decision<I>, Denial> }
  | {
      readonly kind: "refused";
      readonly denial: Denial;
      /** What a known caller gets beside it. */
      readonly answered?: Answered | undefined;
      readonly route?: RouteConfig | undefined;
      /** Why, for operators. */
      readonly detail?: string | undefined;
    };

/**
 * Rules on a question of another proxy.
 *
 * @param asked the request that holds the question, as its connection brought it
 */
export type RuleQuestion<I extends Identity> = (
  question: ProxyQuestion | Ambiguity,
  asked: Pick<AuthRequest, "peer" | "truncated">,
) => Awaitable<Ruled<I>>;

/** Not a proxy that may ask: a client could learn what others may do, and offer an address of its choice. */
const notTrusted = "the question comes from an address that trustedProxies does not name";

/** Makes what rules on questions: by the routes, as on a request to the gateway itself. */
export function createRuleQuestion<I extends Identity>(options: RuleQuestionOptions<I>): RuleQuestion<I> {
  const { auth, enter, platform } = options;
  const resolve = createResolve(options.routes, { find: () => undefined });
  const kept = createKeptDecisions<I>(auth.front, platform);

  return function rule(question, { peer, truncated }) {
    if (!peer.trusted) return { kind: "refused", denial: refusals.not_permitted, detail: notTrusted };
    if (isAmbiguous(question)) return { kind: "refused", denial: refusals.bad_request, detail: question.detail };
    const asked = resolve(question, false);
    if (asked.kind !== "route") {
      const { denial, detail } = asked.kind === "refused" ? asked : { denial: refusals.bad_request, detail: undefined };
      return { kind: "refused", denial, detail };
    }
    const { route, target, requirements } = asked;
    const about: AuthRequest = {
      method: question.method,
      path: target.path,
      rawHeaders: question.asked,
      truncated: truncated === true,
      peer,
    };
    const conclude = ({ decision, denial, detail }: Ruling<I>): Ruled<I> => {
      if (decision.kind === "denied") return { kind: "refused", denial: decision, route };
      const answered = decision.kind === "allowed" ? decision : undefined;
      if (denial !== undefined) return { kind: "refused", denial, answered, route, detail };
      if (question.isForDenial) return { kind: "refused", denial: refusals.upstream_failed, route };
      return { kind: "passes", route, decision };
    };
    const judge = (decision: Decision<I>): Awaitable<Ruling<I>> => {
      const denial = denialOf(route, decision, auth, about);
      if (denial !== undefined || !asksMore(route)) return { decision, denial };
      const entering: Entering = { asked: { route, framing: none, target }, count: undefined, detail: undefined };
      return after(enter(entering, decision, about), (refused) => {
        // The proxy does not tell when the request ends.
        leave(entering);
        return { decision, denial: refused, detail: entering.detail };
      });
    };
    const ruling = kept.decide(about, question.url, asksMore(route), () =>
      after(auth.authenticate(about, requirements), judge),
    );
    return after(ruling, conclude);
  };
}
