import { anonymous } from "../../../handlers/anonymous.js";
import type { Identity } from "../../../model/identity.js";
import { itemsOf } from "../read-context.js";
import { object, text } from "../schema.js";
import { roles } from "../shared-schemas.js";
import { type HandlerKind, handlerKind } from "./handler-kind.js";

export interface AnonymousConfig {
  readonly identity: Identity;
}

export const anonymousKind: HandlerKind<AnonymousConfig> = handlerKind({
  scheme: "Anonymous",
  anyScheme: true,
  schema: object(
    {
      subject: text("a subject, such as guest", "The subject of anonymous callers."),
      roles: roles("Roles of such a caller. Default: none."),
    },
    ["subject"],
    "Accepts every client that names this scheme. A route with `anonymous` is different: it allows calls without credentials.",
  ),
  read: ({ subject = "", roles }) => ({ identity: Object.freeze({ subject, roles: itemsOf(roles) }) }),
  rolesOf: ({ identity }) => identity.roles ?? [],
  create: ({ identity }, scheme) => anonymous({ scheme, identity }),
});
