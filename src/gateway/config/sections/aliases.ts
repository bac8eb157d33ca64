import { toPathText } from "../document.js";
import { flag, mapOf } from "../schema.js";
import { scheme, schemeName } from "../shared-schemas.js";
import { type Section, section } from "./section.js";

/** Names that stand for schemes of `handlers`. */
export const aliasesSection: Section<Readonly<Record<string, string>>> = section(
  mapOf(
    scheme,
    schemeName,
    "an object with a scheme for each name",
    "Further names for schemes, exact and in this case only: class names, by which clients of Deephaven name a handler.",
  ),
  (raw = {}, path, context) => {
    const schemes = new Set(context.namesIn("handlers")?.map((name) => name.toLowerCase()));
    const read: Record<string, string> = Object.create(null);
    for (const [name, scheme] of Object.entries(raw)) {
      const at = [...path, name];
      if (!schemes.has(scheme.toLowerCase())) {
        context.report(at, `${toPathText(at)} stands for ${scheme}, for which handlers has no entry`);
      } else if (schemes.has(name.toLowerCase())) {
        context.reportKey(at, `${toPathText(at)} would never be used: handlers.${name} answers; remove one`);
      } else read[name] = scheme;
    }
    return Object.freeze(read);
  },
);

export const nestedSchemesSection: Section<boolean> = section(
  flag("Understand `Bearer <scheme> <credentials>` too, for clients that can send Basic and Bearer only."),
  (raw = false) => raw,
);
