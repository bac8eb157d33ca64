import { toCanonicalAuthority } from "../../route/canonical-authority.js";
import { toCanonicalPath } from "../../route/canonical-path.js";
import type { RouteMatch } from "../../route/route-config.js";
import { type ConfigPath, toPathText } from "../document.js";
import { itemsOf, type ReadContext } from "../read-context.js";
import { condition, list, object, type RawList, type Schema, text } from "../schema.js";

const method: Schema<string> = { type: "string", pattern: "^[A-Z]+$", title: "a method in capital letters" };

interface RawMatch {
  readonly host?: string;
  readonly path?: string;
  readonly procedure?: string;
  readonly methods?: RawList<string>;
}

/** The schema of what a route matches. */
export const matchSchema: Schema<RawMatch> = object(
  {
    host: text(
      "a host name without a port, such as api.example or *.example",
      "Only requests for this host; `*.example` for all hosts below it, not for itself. Default: any.",
    ),
    path: text(
      "a path such as /api",
      "This path and all paths below it, by whole segments: `/api` is not `/apis`. Either this or `procedure` is needed.",
    ),
    procedure: text(
      "a procedure, such as acme.v1.Orders/Create, or acme.v1.Orders/* for all of a service",
      "A procedure of Connect or gRPC, and no other path: `acme.v1.Orders/Create` is `/acme.v1.Orders/Create` alone, " +
        "`acme.v1.Orders/*` any one segment below `/acme.v1.Orders`.",
    ),
    methods: condition(list(method, "a list of methods, such as [GET, HEAD]", "Only these methods. Default: any.")),
  },
  [],
  "The requests of the route. The most specific route wins: one with a host before one with `*.`, the longer of these first, " +
    "and both before one without, then the longer path.",
);

const procedureForm = /^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*\/(?:\*|[A-Za-z_][A-Za-z0-9_]*)$/;

/** Reads what a route matches. */
export function readMatch(match: RawMatch, at: ConfigPath, context: ReadContext): RouteMatch {
  const { host, procedure, methods } = match;
  const path = match.path ?? (procedure === undefined ? "/" : `/${procedure.replace(/\/\*$/, "")}`);
  const report = (name: keyof typeof match, message: string) => {
    const where = [...at, "match", name];
    context.report(where, `${toPathText(where)} ${message}`);
  };
  const name = host?.toLowerCase().replace(/^\*\.(?!\[)/, "");
  // A request's host is made canonical before it is compared, so no request would match another spelling.
  const known = name === undefined ? undefined : toCanonicalAuthority(name);
  if (name !== undefined && (known === undefined || known.host !== known.authority)) {
    report("host", "must be a host name without a port, such as api.example, or *.example for all hosts below it");
  } else if (known !== undefined && known.host !== name) report("host", `must be written ${known.host}`);
  if ((match.path === undefined) === (procedure === undefined)) {
    const where = [...at, "match"];
    context.report(where, `${toPathText(where)} must have one of path and procedure`);
  }
  if (procedure !== undefined && !procedureForm.test(procedure)) {
    report("procedure", "must be a procedure, such as acme.v1.Orders/Create, or acme.v1.Orders/* for all of a service");
    return Object.freeze({ host: undefined, path: "/", methods: [] });
  }
  // A request's path is made canonical before it is compared, so no request would match another spelling.
  const canonical = toCanonicalPath(path);
  const wildcard = wildcardIn(path);
  if (wildcard !== undefined) {
    const start = path.indexOf(wildcard);
    // `/v` is a segment of its own, and would not match what `/v{n}` was meant for.
    const end = /^[[{<]/.test(wildcard) ? path.lastIndexOf("/", start) : start;
    const above = path.slice(0, end).replace(/\/$/, "") || "/";
    report(
      "path",
      `is no pattern: ${wildcard} would stand for itself. Write ${above}; it matches what is below it, too`,
    );
  } else if (canonical === undefined) {
    report("path", "must begin with / and have no empty, . or .. segments, and no ; ? # or \\");
  } else if (canonical !== path || /.\/$/.test(path)) {
    report("path", `must be written ${canonical.replace(/(.)\/$/, "$1")}; it matches what is below it, too`);
  }
  const kind = procedure?.endsWith("/*") ? "all" : "one";
  const read = { host: host?.toLowerCase(), path, methods: itemsOf(methods) };
  return Object.freeze(procedure === undefined ? read : { ...read, procedures: kind });
}

/**
 * Finds what other gateways read as a pattern: a star, `:name` as a segment, `{name}`, or a regular expression. As a literal
 * it would guard a path that no request has, and what the operator meant to guard would go by a wider route. A path that
 * does have a star in it is written with `%2A`.
 */
function wildcardIn(path: string): string | undefined {
  return /[.)\]]?\*+|[.)\]]\+|(?<=\/):\w+|\{[^/]*\}|<[^/]*>|\[[^/]*\]|\([^/]*\|[^/]*\)|(?<=[^/])\$$/.exec(path)?.[0];
}
