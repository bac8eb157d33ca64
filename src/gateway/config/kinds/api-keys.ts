import { apiKey } from "../../../handlers/api-key/api-key.js";
import { apiKeyFile } from "../../../handlers/api-key/file.js";
import { path } from "../schema.js";
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
  create: ({ file }, scheme, onWarning) => apiKey({ scheme, keys: apiKeyFile(file, { onWarning }) }),
});
