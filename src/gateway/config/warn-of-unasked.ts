import type { Handler } from "../../handlers/handler.js";
import type { Identity } from "../../model/identity.js";
import { isNeverAsked } from "../../sessions/recheck.js";
import { resolveRules } from "../../sessions/rules.js";
import type { ConfigPath } from "./document.js";
import { toDuration } from "./duration.js";
import type { SectionContext } from "./sections/section.js";

/** What to do where nothing in the configuration helps. */
const endThem = "shorten session.absolute, and when you disable an account run: sallyport sessions end --subject NAME";

/**
 * Warns of a handler that opens sessions and cannot be asked again about their accounts: an account that is disabled
 * keeps its sessions.
 *
 * @param handler what the settings at `path` became
 * @param remedy the setting of this kind that helps. Default: none does
 */
export function warnOfUnasked(
  handler: Handler<Identity>,
  remedy: string | undefined,
  path: ConfigPath,
  context: SectionContext,
): void {
  if (!isNeverAsked(handler)) return;
  const { absoluteMs = resolveRules().absoluteMs } = context.above.session;
  context.warnKey(
    path,
    `live sessions of ${handler.scheme} go on up to session.absolute (${toDuration(absoluteMs)}) after their account was disabled, since the handler is not asked about it again; ${remedy ?? endThem}`,
  );
}
