import type { Caller } from "../../model/session.js";
import { decodePath } from "../route/canonical-path.js";
import type { CanonicalTarget } from "../route/canonical-target.js";
import { foldPath, toWideSpellings } from "../route/fold-path.js";
import { toRouteName } from "../route/outcome.js";
import type { RouteConfig } from "../route/route-config.js";

/** What a question is about. */
export interface Subject {
  readonly method: string;
  readonly target: Pick<CanonicalTarget, "host" | "path">;
  readonly route: RouteConfig;
  readonly caller: Caller;
  /** The address of the client; `undefined`: behind a trusted proxy that names none. */
  readonly client: string | undefined;
  /** Whether the upstream ignores the case of paths. */
  readonly folds: boolean;
}

/**
 * Returns the question about a request, in JSON. It holds no credential: no token, no header and no query, which may hold one.
 * The path is the one that routes are compared with: decoded, and of an upstream that ignores case without it.
 *
 * @returns `undefined` for a path of which only the upstream can say what it names: no answer could be about it
 */
export function writeQuestion({ method, target, route, caller, client, folds }: Subject): string | undefined {
  const path = toComparedPath(target.path, folds);
  if (path === undefined) return undefined;
  const { identity, actor, session, scopes } = caller;
  const claims = (route.authorize?.claims ?? []).map((name) => [name, ownOf(identity, name)] as const);
  return JSON.stringify({
    method,
    host: target.host,
    path,
    route: toRouteName(route),
    subject: identity.subject,
    actor: actor?.subject ?? null,
    roles: identity.roles ?? [],
    scopes: scopes ?? null,
    scheme: session?.scheme ?? caller.scheme,
    claims: Object.fromEntries(claims),
    session: session?.ref ?? null,
    client: client ?? null,
  });
}

function ownOf(identity: object, name: string): unknown {
  return (Object.hasOwn(identity, name) ? Reflect.get(identity, name) : undefined) ?? null;
}

function toComparedPath(canonical: string, folds: boolean): string | undefined {
  const path = decodePath(canonical);
  if (path === undefined || !folds) return path;
  const folded = foldPath(path);
  return toWideSpellings(path)?.every((one) => one === folded) === true ? folded : undefined;
}
