import { apiKey } from "../../../handlers/api-key/api-key.js";
import { apiKeyFile } from "../../../handlers/api-key/file.js";
import { parseApiKeyFile } from "../../../handlers/api-key/file-format.js";
import { path } from "../schema.js";
import { readPublicFile } from "../secrets.js";
import { type HandlerKind, handlerKind } from "./handler-kind.js";

export interface ApiKeysConfig {
  readonly file: string;
}

export const apiKeysKind: HandlerKind<ApiKeysConfig> = handlerKind({
  scheme: "ApiKey",
  anyScheme: true,
  shares: "prefix",
  schema: path(
    "For any scheme but `Basic`, usually `ApiKey` or `Bearer`: a file of API keys, made by `sallyport api-keys new`. An edit takes effect a second after the last write. For `Bearer` it may stand beside `jwt` or `oidc`: the prefix `spk_` tells them apart.",
  ),
  read: (file, _path, context) => ({ file: context.resolve(file) }),
  rolesOf({ file }) {
    const found = readPublicFile(file);
    return "fault" in found
      ? undefined
      : [...parseApiKeyFile(found.text, file).values()].flatMap(({ roles = [] }) => roles);
  },
  create: ({ file }, scheme, onWarning) => apiKey({ scheme, keys: apiKeyFile(file, { onWarning }) }),
});
