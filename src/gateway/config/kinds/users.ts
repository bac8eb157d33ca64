import { basic } from "../../../handlers/password/basic.js";
import { userFile } from "../../../handlers/password/user-file.js";
import { parseUserFile } from "../../../handlers/password/user-file-format.js";
import { path } from "../schema.js";
import { readPublicFile } from "../secrets.js";
import { type HandlerKind, handlerKind } from "./handler-kind.js";

export interface UsersConfig {
  readonly file: string;
}

export const usersKind: HandlerKind<UsersConfig> = handlerKind({
  scheme: "Basic",
  schema: path(
    "For `Basic`: a file of lines `name:hash:roles`, with hashes from `sallyport hash-password`. An edit takes effect a second after the last write.",
  ),
  read: (file, _path, context) => ({ file: context.resolve(file) }),
  create: ({ file }, _scheme, onWarning) => basic(userFile(file, { onWarning })),
  rolesOf({ file }) {
    const found = readPublicFile(file);
    return "fault" in found ? undefined : [...parseUserFile(found.text, file).values()].flatMap(({ roles }) => roles);
  },
  dependsOn: ({ file }) => [{ kind: "password-file", file }],
  openUsers: ({ file }, onWarning) => userFile(file, { onWarning }),
});
