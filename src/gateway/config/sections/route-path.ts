import { decodePath, toCanonicalPath } from "../../route/canonical-path.js";
import type { PathRewrite, RouteConfig, RouteMatch } from "../../route/route-config.js";
import { type ConfigPath, toPathText } from "../document.js";
import type { ReadContext } from "../read-context.js";
import { flag, type Schema, text } from "../schema.js";

const stripPrefix: Schema<string> = text(
  "a path such as /api",
  "Taken off the path that the upstream gets, and named to it in `X-Forwarded-Prefix`: with `/api` it gets `/orders` of " +
    "`/api/orders`. It must be `match.path` or a path above it.",
);

const addPrefix: Schema<string> = text(
  "a path such as /v1",
  "Put before the path that the upstream gets, after `stripPrefix`.",
);

const ambiguousPaths: Schema<boolean> = flag(
  "Pass paths that servers may read in different ways, as they came: `%2F`, `//`, `;`, `%3F`, `%23`, `%25`. Package names of npm, " +
    "projects of GitLab and keys of S3 need it. A path passes only if every way of reading it leads to this route; else, and with " +
    "segments of dots in any reading, it is 400 as without this.",
);

/** The options of a route that are about the upstream's path. */
export const pathOptions: {
  readonly stripPrefix: typeof stripPrefix;
  readonly addPrefix: typeof addPrefix;
  readonly ambiguousPaths: typeof ambiguousPaths;
} = { stripPrefix, addPrefix, ambiguousPaths };

interface RawPath {
  readonly stripPrefix?: string;
  readonly addPrefix?: string;
  readonly ambiguousPaths?: boolean;
}

/** Reads what the upstream's path is made of. */
export function readPathOptions(
  raw: RawPath,
  match: RouteMatch,
  at: ConfigPath,
  context: ReadContext,
): Pick<RouteConfig, "rewrite" | "ambiguousPaths"> {
  return { rewrite: readRewrite(raw, match, at, context), ambiguousPaths: raw.ambiguousPaths ?? false };
}

/** Reports paths of several readings, of which a service that authorizes would decide by one. */
export function checkReadings({ ambiguousPaths }: RawPath, at: ConfigPath, context: ReadContext): void {
  if (ambiguousPaths !== true) return;
  const path = [...at, "ambiguousPaths"];
  const message = "contradicts authorize: its service would decide by one reading of a path; remove one";
  context.report(path, `${toPathText(path)} ${message}`);
}

function readRewrite(
  { stripPrefix: strip = "", addPrefix: add = "" }: RawPath,
  match: RouteMatch,
  at: ConfigPath,
  context: ReadContext,
): PathRewrite | undefined {
  if (strip === "" && add === "") return undefined;
  const check = (name: keyof RawPath, prefix: string): void => {
    const isPlain = prefix === "" || (toCanonicalPath(prefix) === prefix && !prefix.endsWith("/"));
    const where = [...at, name];
    if (!isPlain) context.report(where, `${toPathText(where)} must be a path such as /api, without a slash at its end`);
  };
  check("stripPrefix", strip);
  check("addPrefix", add);
  const decoded = `${decodePath(strip) ?? strip}/`;
  if (!`${decodePath(match.path) ?? match.path}/`.startsWith(decoded)) {
    const where = [...at, "stripPrefix"];
    context.report(where, `${toPathText(where)} must be ${match.path}, or a path above it: others never come here`);
  }
  return Object.freeze({ strip, add });
}
