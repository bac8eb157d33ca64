import { externalPageNames } from "../adapters/external-pages.js";
import type { GatewayConfig } from "./config.js";

/** The canonical paths of pages that the gateway answers itself, whatever the routes say. */
export function pagePathsOf({ handlers }: Pick<GatewayConfig, "handlers">): ReadonlySet<string> {
  const urls = handlers.flatMap((handler) => (handler.kind === "external" ? [handler.options.url] : []));
  const prefixes = urls.map((url) => new URL(url).pathname.replace(/\/$/, ""));
  return new Set(prefixes.flatMap((prefix) => externalPageNames.map((name) => prefix + name)));
}
