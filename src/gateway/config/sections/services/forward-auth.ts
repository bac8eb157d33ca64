import type { ForwardAuthConfig } from "../../../own/own-config.js";
import { toCanonicalPath } from "../../../route/canonical-path.js";
import { toPathText } from "../../document.js";
import { type Part, part } from "../../part.js";
import { object, text } from "../../schema.js";
import type { SectionContext } from "../section.js";

/** Where other proxies ask. */
export const forwardAuthPart: Part<ForwardAuthConfig | undefined, SectionContext> = part(
  object(
    {
      path: {
        ...text(
          "a path such as /auth",
          "Where the proxy asks: here, or below it with its client's target as the rest.",
        ),
        default: "/auth",
      },
    },
    [],
    "Answer nginx (`auth_request`), Caddy and Traefik (forward auth), HAProxy and Envoy (`ext_authz`), which ask whether a request of " +
      "theirs may pass: `routes` decide. Only addresses of `trustedProxies` may ask. `{}` serves it with the defaults.",
  ),
  (raw, at, context) => {
    if (raw === undefined) return undefined;
    const { path = "/auth" } = raw;
    const where = [...at, "path"];
    if (path === "/" || path.endsWith("/") || toCanonicalPath(path) !== path)
      context.report(where, `${toPathText(where)} must be a path such as /auth, without a slash at its end`);
    if ((context as SectionContext).namesIn("trustedProxies") === undefined)
      context.reportKey(at, `${toPathText(at)} needs trustedProxies: the addresses of the proxies that may ask`);
    return Object.freeze({ path });
  },
);
