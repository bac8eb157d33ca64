import { basic } from "../../../handlers/password/basic.js";
import { htpasswdFile } from "../../../handlers/password/htpasswd-file.js";
import { itemsOf } from "../read-context.js";
import { object, path } from "../schema.js";
import { roles } from "../shared-schemas.js";
import { type HandlerKind, handlerKind } from "./handler-kind.js";

export interface HtpasswdConfig {
  readonly file: string;
  readonly roles: readonly string[];
}

export const htpasswdKind: HandlerKind<HtpasswdConfig> = handlerKind({
  scheme: "Basic",
  schema: object(
    {
      file: path(
        "A file of lines `name:hash`, with bcrypt (cost 10 to 15) or argon2id. An edit takes effect a second after the last write.",
      ),
      roles: roles("Roles of all users in the file. Default: none."),
    },
    ["file"],
    "For `Basic`: an `htpasswd` file, as web servers read. bcrypt needs the package `@node-rs/bcrypt`.",
  ),
  read({ file, roles }, _path, context) {
    return file === undefined ? undefined : { file: context.resolve(file), roles: itemsOf(roles) };
  },
  create: (config, _scheme, onWarning) => basic(openUsers(config, onWarning)),
  rolesOf: ({ roles }) => roles,
  dependsOn: ({ file }) => [{ kind: "password-file", file }],
  openUsers,
});

function openUsers({ file, roles }: HtpasswdConfig, onWarning: (message: string) => void) {
  return htpasswdFile(file, { roles, onWarning });
}
