import { authorizedKeys } from "../../../handlers/private-key/authorized-keys.js";
import { parseAuthorizedKeys } from "../../../handlers/private-key/authorized-keys-format.js";
import { privateKey } from "../../../handlers/private-key/private-key.js";
import { privateKeyScheme } from "../../../wire/key-messages.js";
import { flag, object, path } from "../schema.js";
import { readPublicFile } from "../secrets.js";
import { type HandlerKind, handlerKind } from "./handler-kind.js";

export interface AuthorizedKeysConfig {
  readonly file: string;
  readonly rawChallenges: boolean;
  readonly allowLegacyDsa: boolean;
}

export const authorizedKeysKind: HandlerKind<AuthorizedKeysConfig> = handlerKind({
  scheme: privateKeyScheme,
  schema: object(
    {
      file: path(
        "A file of lines `user key`, with keys as OpenSSH, Deephaven or `sallyport keygen` write them. An edit takes effect a second after the last write.",
      ),
      rawChallenges: flag(
        "Also take signatures over a bare nonce, as clients of Deephaven Enterprise make them. They are bound to nothing.",
      ),
      allowLegacyDsa: flag(
        "With `rawChallenges`: take DSA keys of old Deephaven installations. They are no longer safe.",
      ),
    },
    ["file"],
    "For `PublicKey`: log-in by a private key, through the RPCs `GetChallenge` and `LogIn`.",
  ),
  read({ file, rawChallenges = false, allowLegacyDsa = false }, _path, context) {
    return file === undefined ? undefined : { file: context.resolve(file), rawChallenges, allowLegacyDsa };
  },
  rolesOf({ file, allowLegacyDsa }) {
    const found = readPublicFile(file);
    return "fault" in found ? undefined : parseAuthorizedKeys(found.text, { source: file, allowLegacyDsa }).roles();
  },
  create({ file, rawChallenges, allowLegacyDsa }, _scheme, onWarning) {
    return privateKey({ keys: authorizedKeys(file, { allowLegacyDsa, onWarning }), rawChallenges, allowLegacyDsa });
  },
});
