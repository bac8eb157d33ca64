import { externalPageNames } from "../../adapters/node/external-pages.js";

/** The canonical paths of pages that the gateway answers itself, whatever the routes say. */
export function pagePathsOf({ handlers }: { readonly handlers: readonly PageOwner[] }): ReadonlySet<string> {
  const urls = handlers.flatMap((handler) => (handler.kind === "external" ? [String(handler.options?.url)] : []));
  const prefixes = urls.map((url) => new URL(url).pathname.replace(/\/$/, ""));
  return new Set(prefixes.flatMap((prefix) => externalPageNames.map((name) => prefix + name)));
}

interface PageOwner {
  readonly kind: string;
  readonly options?: { readonly url?: unknown };
}
