import { suggest } from "../../wire/closest.js";
import { type ConfigPath, toPathText } from "./document.js";
import { type HandlerConfig, rolesOf } from "./handlers.js";
import type { RawList } from "./schema.js";
import type { SectionContext } from "./sections/section.js";

/**
 * Warns of roles that no account has: a condition that no caller fulfils, or an exception that holds for none. It is no
 * fault, since a user with the role may be added later.
 *
 * @param beside a handler whose accounts count, too, though it lets no caller in
 */
export function warnOfRoles(
  roles: RawList<string> | undefined,
  path: ConfigPath,
  context: SectionContext,
  beside?: HandlerConfig | undefined,
): void {
  if (roles === undefined) return;
  const { handlers } = context.above;
  // A faulty handler is missing there, and its roles with it.
  if (handlers.length < (context.namesIn("handlers")?.length ?? 0)) return;
  const known = rolesOf(beside === undefined ? handlers : [...handlers, beside]);
  if (known === undefined) return;
  for (const [index, role] of roles.entries()) {
    if (role === undefined || known.has(role)) continue;
    const at = [...path, index];
    const hint = suggest(role, [...known]);
    context.warn(at, `${toPathText(at)} "${context.document.sourceAt(at)}" is a role that no account has${hint}`);
  }
}
