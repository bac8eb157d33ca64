import { hashPreSharedKey, preSharedKey } from "../../../handlers/pre-shared-key.js";
import { type ConfigPath, toPathText } from "../document.js";
import { itemsOf, messageOf, type ReadContext } from "../read-context.js";
import { readSecret } from "../read-secret.js";
import { mapOf, object, type RawOf, type Schema } from "../schema.js";
import { plainName, roles, secret } from "../shared-schemas.js";
import { type HandlerKind, handlerKind } from "./handler-kind.js";

export interface KeysConfig {
  /** The SHA-256 of each key. The keys themselves are not kept. */
  readonly keys: Readonly<Record<string, { readonly sha256: string; readonly roles?: readonly string[] }>>;
}

const sha256: Schema<string> = {
  type: "string",
  pattern: "^[0-9a-f]{64}$",
  title: "the SHA-256 of the key, 64 lower-case hexadecimal digits",
  description: 'In place of `key`: `printf %s "$KEY" | sha256sum`. Then this file holds no secret.',
};

const entry = object(
  { key: secret("Kept as SHA-256 only."), sha256, roles: roles("Roles of callers that present this key.") },
  [],
  "One key. Its name is the subject of the caller.",
);

export const keysKind: HandlerKind<KeysConfig> = handlerKind({
  scheme: "PSK",
  anyScheme: true,
  schema: mapOf(
    entry,
    plainName,
    "an object with a key for each name",
    "For any scheme but `Basic`: keys that programs were given in advance, `Authorization: <scheme> <key>`.",
  ),
  read(raw, path, context) {
    const keys: Record<string, KeysConfig["keys"][string]> = Object.create(null);
    for (const [name, entry] of Object.entries(raw)) {
      const sha256 = readKey(entry, [...path, name], context);
      if (sha256 !== undefined) keys[name] = Object.freeze({ sha256, roles: itemsOf(entry.roles) });
    }
    return Object.keys(keys).length === 0 ? undefined : { keys: Object.freeze(keys) };
  },
  rolesOf: ({ keys }) => Object.values(keys).flatMap(({ roles = [] }) => roles),
  create: ({ keys }, scheme) => preSharedKey({ scheme, keys }),
});

function readKey({ key, sha256 }: RawOf<typeof entry>, at: ConfigPath, context: ReadContext): string | undefined {
  if ((key === undefined) === (sha256 === undefined)) {
    context.report(at, `${toPathText(at)} must have either key or sha256`);
    return undefined;
  }
  if (sha256 !== undefined) return sha256;
  const path = [...at, "key"];
  const secret = readSecret(key, path, context, ", or sha256 in its place");
  if (secret === undefined) return undefined;
  try {
    return hashPreSharedKey(secret);
  } catch (error) {
    context.report(path, `${toPathText(path)}: ${messageOf(error)}`);
    return undefined;
  }
}
