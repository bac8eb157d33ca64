import { fateOf, lowerOf, normalisedOf } from "../../forward/header-fate.js";
import type { HeaderEdits, RouteConfig } from "../../route/route-config.js";
import { type ConfigPath, toPathText } from "../document.js";
import { itemsOf, type ReadContext } from "../read-context.js";
import { readSecret } from "../read-secret.js";
import { list, mapOf, object, type RawList, type RawMap, type Schema, text } from "../schema.js";
import { readSecretFile } from "../secrets.js";
import { type RawSecret, secret } from "../shared-schemas.js";

const headerName: Schema = { pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", title: "the name of a header (RFC 9110 §5.1)" };

const removeSchema = list(
  text("the name of a header", "The name of a header."),
  "a list of names of headers, such as [Server]",
  "Taken out.",
);

interface RawEdits<Value> {
  readonly set?: RawMap<Value>;
  readonly remove?: RawList<string>;
}

const requestHeaders: Schema<RawEdits<RawSecret>> = object(
  {
    set: mapOf(
      { ...secret("The value."), title: "a text, or { file: PATH }" },
      headerName,
      "an object with a value for each header, such as { X-Tenant: acme }",
      "Set, in place of the client's own in any spelling, such as `X_Tenant` for `X-Tenant`. The value of `Authorization` must come from the environment or a file.",
    ),
    remove: removeSchema,
  },
  [],
  "Changes of the headers that the upstream gets. Those that the gateway itself sets, such as `X-Forwarded-*`, cannot be changed.",
);

const responseHeaders: Schema<RawEdits<string>> = object(
  {
    set: mapOf(
      text("a text", "The value."),
      headerName,
      "an object with a value for each header, such as { X-Frame-Options: DENY }",
      "Set, in place of the upstream's own.",
    ),
    remove: removeSchema,
  },
  [],
  "Changes of the headers of an upstream's answer. Those of tokens and of the connection cannot be changed.",
);

/** A value that each protocol carries as it is (RFC 9110 §5.5). */
const valueForm = /^(?:[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?)?$/;

/** The options of a route that are about headers. */
export const headerOptions: {
  readonly requestHeaders: typeof requestHeaders;
  readonly responseHeaders: typeof responseHeaders;
} = { requestHeaders, responseHeaders };

interface RawHeaders {
  readonly requestHeaders?: RawEdits<RawSecret>;
  readonly responseHeaders?: RawEdits<string>;
}

/**
 * Reads the changes of headers.
 *
 * @param isForwarded the route sends the caller's `Authorization` on
 */
export function readHeaderOptions(
  { requestHeaders: request, responseHeaders: response }: RawHeaders,
  at: ConfigPath,
  context: ReadContext,
  isForwarded: boolean,
): Pick<RouteConfig, "requestHeaders" | "responseHeaders"> {
  const ofRequest = (name: string): boolean => name === "authorization" || name === "cookie";
  const edits = request && readEdits(request, [...at, "requestHeaders"], context, ofRequest, normalisedOf);
  if (isForwarded && edits?.removed.has("authorization") === true) {
    const where = [...at, "requestHeaders"];
    context.report(where, `${toPathText(where)} changes Authorization, which the route sends on; do one of both`);
  }
  return {
    requestHeaders: edits,
    responseHeaders: response && readEdits(response, [...at, "responseHeaders"], context, () => false, lowerOf),
  };
}

function readEdits(
  { set = {}, remove }: RawEdits<RawSecret>,
  path: ConfigPath,
  context: ReadContext,
  isAllowed: (name: string) => boolean,
  toRemoved: (name: string) => string,
): HeaderEdits {
  const removed = new Set<string>();
  const secrets = new Set<string>();
  const fields: string[] = [];
  const checkName = (name: string, at: ConfigPath): void => {
    if (fateOf(name) !== "pass" && !isAllowed(name.toLowerCase()))
      context.report(at, `${toPathText(at)} is a header that the gateway or the connection sets; it cannot be changed`);
    removed.add(toRemoved(name));
  };
  for (const [index, name] of itemsOf(remove).entries()) checkName(name, [...path, "remove", index]);
  for (const [name, raw] of Object.entries(set)) {
    const at = [...path, "set", name];
    checkName(name, at);
    const value = readValue(name, raw, at, context);
    if (value === undefined) continue;
    if (!valueForm.test(value)) context.report(at, `${toPathText(at)} must be visible ASCII, with blanks inside only`);
    if (typeof raw !== "string" || context.document.sourceAt(at) !== raw) secrets.add(name.toLowerCase());
    fields.push(name.toLowerCase(), value);
  }
  return Object.freeze({ removed, set: Object.freeze(fields), secrets });
}

/** A credential is a secret; other values may be, and then are in a file. */
function readValue(name: string, raw: RawSecret, at: ConfigPath, context: ReadContext): string | undefined {
  if (name.toLowerCase() === "authorization") return readSecret(raw, at, context);
  if (typeof raw === "string") return raw;
  const found = readSecretFile(context.resolve(raw.file ?? ""));
  if ("text" in found) return found.text;
  context.report(at, `${toPathText(at)}: ${found.fault}`);
  return undefined;
}
