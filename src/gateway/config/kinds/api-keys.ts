import { apiKey } from "../../../handlers/api-key/api-key.js";
import { apiKeyFile } from "../../../handlers/api-key/file.js";
import { parseApiKeyFile } from "../../../handlers/api-key/file-format.js";
import { fateOf } from "../../forward/header-fate.js";
import { toPathText } from "../document.js";
import { path, type RawObject, type Schema, text } from "../schema.js";
import { readPublicFile } from "../secrets.js";
import { type HandlerKind, handlerKind } from "./handler-kind.js";

export interface ApiKeysConfig {
  readonly file: string;
  /** As the file spells it. */
  readonly header?: string | undefined;
}

const properties = {
  file: path("The file of keys."),
  header: text(
    "the name of a header, such as X-API-Key",
    "A header that carries a key beside `Authorization`, such as `X-API-Key`, for clients that cannot set `Authorization`. A request with both is refused. Like `Authorization` it goes to the upstream only by `forwardAuthorization`, and pages of the origins in `cors` may send it. Not for `Bearer`.",
  ),
};

const schema: Schema<string | RawObject<typeof properties>> = {
  type: ["string", "object"],
  title: "a path, or an object of file and header",
  description:
    "For any scheme but `Basic`, usually `ApiKey` or `Bearer`: a file of API keys, made by `sallyport api-keys new`. Its path, relative to this file, or an object. An edit takes effect a second after the last write. For `Bearer` it may stand beside `jwt` or `oidc`: the prefix `spk_` tells them apart.",
  minLength: 1,
  properties,
  required: ["file"],
  additionalProperties: false,
};

export const apiKeysKind: HandlerKind<ApiKeysConfig> = handlerKind({
  scheme: "ApiKey",
  opensNothing: true,
  anyScheme: true,
  shares: "prefix",
  schema,
  read(raw, at, context) {
    const { file, header } = typeof raw === "string" ? { file: raw } : raw;
    if (header !== undefined && fateOf(header) !== "pass") {
      const where = [...at, "header"];
      context.report(
        where,
        `${toPathText(where)} is a header that the gateway or the connection sets; name another one`,
      );
    }
    return file === undefined ? undefined : { file: context.resolve(file), header };
  },
  rolesOf({ file }) {
    const found = readPublicFile(file);
    return "fault" in found
      ? undefined
      : [...parseApiKeyFile(found.text, file).values()].flatMap(({ roles = [] }) => roles);
  },
  headerOf: ({ header }) => header,
  create: ({ file, header }, scheme, onWarning) => apiKey({ scheme, header, keys: apiKeyFile(file, { onWarning }) }),
});
