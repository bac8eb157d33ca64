import { hashPreSharedKey } from "../../handlers/pre-shared-key.js";
import { privateKeyScheme } from "../../wire/key-messages.js";
import type { HandlerConfig } from "./config.js";
import { type ConfigPath, toPathText } from "./document.js";
import { createHandler } from "./handlers.js";
import {
  messageOf,
  present,
  type RawConfig,
  type RawHandler,
  type RawSecret,
  type Reading,
  report,
} from "./raw-config.js";
import { asksForCertificates, readCertificateRules } from "./read-certificates.js";
import { readLdap } from "./read-ldap.js";
import { readExternal, readJwt, readOidc } from "./read-oidc.js";
import { readSecret } from "./read-secret.js";

type KeysConfig = Extract<HandlerConfig, { kind: "keys" }>;

/** One handler per scheme. Each is made once here, so that a faulty user file or key set is found with its line. */
export function readHandlers(raw: RawConfig, reading: Reading): readonly HandlerConfig[] {
  const seen = new Map<string, string>();
  return Object.entries(raw.handlers ?? {}).flatMap(([scheme, handler]) => {
    const path = ["handlers", scheme];
    const twin = seen.get(scheme.toLowerCase());
    if (twin !== undefined) {
      const message = `handlers.${scheme} and handlers.${twin} are the same scheme: case does not count (RFC 9110 §11.1); remove one`;
      reading.report(reading.document.faultAtKey(path, message));
    }
    seen.set(scheme.toLowerCase(), scheme);
    if (handler?.certificates !== undefined && !asksForCertificates(raw)) {
      const message = "no listener asks for client certificates; add tls: { cert, key, clientCa } to one of listen";
      reading.report(reading.document.faultAtKey(path, message));
    }
    const config = handler && readHandler(scheme, handler, path, reading);
    return config !== undefined && isUsable(config, path, reading) ? [Object.freeze(config)] : [];
  });
}

function readHandler(scheme: string, raw: RawHandler, path: ConfigPath, reading: Reading): HandlerConfig | undefined {
  const { apiKeys, ...beside } = raw;
  const isPair = Object.keys(beside).length === 1 && (beside.jwt ?? beside.oidc) !== undefined;
  if (apiKeys === undefined || !isPair) return readOne(scheme, raw, path, reading);
  // The prefix tells them apart. API keys first: that costs one comparison.
  const links = [{ apiKeys }, beside].map((link) => readOne(scheme, link, path, reading));
  return { kind: "chain", scheme, links: links.filter((link) => link !== undefined) };
}

function readOne(scheme: string, raw: RawHandler, path: ConfigPath, reading: Reading): HandlerConfig | undefined {
  if (Object.keys(raw).length > 1) {
    report(
      reading,
      path,
      `${toPathText(path)} must have exactly one of its keys; only apiKeys may stand beside jwt or oidc`,
    );
    return undefined;
  }
  const wants = (kind: string, wanted: string): void => {
    if (scheme.toLowerCase() === wanted.toLowerCase()) return;
    reading.report(
      reading.document.faultAtKey(path, `${kind} answers for the scheme ${wanted}; write handlers.${wanted}`),
    );
  };
  const refuseBasic = (better: string): void => {
    const message = `Basic is for users: a user file; give keys a scheme of their own, such as ${better}`;
    reading.report(reading.document.faultAtKey(path, message));
  };
  if (raw.users !== undefined) {
    wants("users", "Basic");
    return { kind: "users", scheme: "Basic", file: reading.resolve(raw.users) };
  }
  if (raw.htpasswd !== undefined) {
    wants("htpasswd", "Basic");
    const { file, roles } = raw.htpasswd;
    return file === undefined
      ? undefined
      : { kind: "htpasswd", scheme: "Basic", file: reading.resolve(file), roles: present(roles) };
  }
  if (raw.ldap !== undefined) {
    wants("ldap", "Basic");
    return readLdap(raw.ldap, [...path, "ldap"], reading);
  }
  if (raw.jwt !== undefined) {
    wants("jwt", "Bearer");
    return readJwt(raw.jwt, reading, path);
  }
  if (raw.oidc !== undefined) {
    wants("oidc", "Bearer");
    return readOidc(raw.oidc);
  }
  if (raw.external !== undefined) {
    wants("external", "External");
    return readExternal(raw.external, [...path, "external"], reading);
  }
  if (raw.anonymous !== undefined) {
    if (scheme.toLowerCase() === "basic") refuseBasic("Anonymous");
    const { subject = "", roles } = raw.anonymous;
    return { kind: "anonymous", scheme, identity: Object.freeze({ subject, roles: Object.freeze(present(roles)) }) };
  }
  if (raw.certificates !== undefined) {
    wants("certificates", "ClientCertificate");
    return {
      kind: "certificates",
      scheme: "ClientCertificate",
      rules: readCertificateRules(raw.certificates, [...path, "certificates"], reading),
    };
  }
  if (raw.apiKeys !== undefined) {
    if (scheme.toLowerCase() === "basic") refuseBasic("ApiKey");
    return { kind: "apiKeys", scheme, file: reading.resolve(raw.apiKeys) };
  }
  if (raw.authorizedKeys !== undefined) {
    wants("authorizedKeys", privateKeyScheme);
    const { file, rawChallenges = false, allowLegacyDsa = false } = raw.authorizedKeys;
    if (file === undefined) return undefined;
    const scheme = privateKeyScheme;
    return { kind: "authorizedKeys", scheme, file: reading.resolve(file), rawChallenges, allowLegacyDsa };
  }
  if (raw.keys === undefined) return undefined;
  if (scheme.toLowerCase() === "basic") refuseBasic("PSK");
  return { kind: "keys", scheme, keys: readKeys(raw.keys, [...path, "keys"], reading) };
}

/** From here on a key is its SHA-256 only. */
function readKeys(raw: NonNullable<RawHandler["keys"]>, at: ConfigPath, reading: Reading): KeysConfig["keys"] {
  const keys: Record<string, { sha256: string; roles: readonly string[] }> = Object.create(null);
  for (const [name, entry] of Object.entries(raw)) {
    if (entry === undefined) continue;
    const path = [...at, name];
    if ((entry.key === undefined) === (entry.sha256 === undefined)) {
      report(reading, path, `${toPathText(path)} must have either key or sha256`);
      continue;
    }
    const sha256 = entry.sha256 ?? hashKey(entry.key, [...path, "key"], reading);
    if (sha256 !== undefined) keys[name] = Object.freeze({ sha256, roles: Object.freeze(present(entry.roles)) });
  }
  return Object.freeze(keys);
}

function hashKey(key: RawSecret | undefined, path: ConfigPath, reading: Reading): string | undefined {
  const secret = readSecret(key, path, reading, ", or sha256 in its place");
  if (secret === undefined) return undefined;
  try {
    return hashPreSharedKey(secret);
  } catch (error) {
    report(reading, path, `${toPathText(path)}: ${messageOf(error)}`);
    return undefined;
  }
}

function isUsable(config: HandlerConfig, path: ConfigPath, reading: Reading): boolean {
  // An entry of which nothing is left has been reported.
  if (config.kind === "keys" && Object.keys(config.keys).length === 0) return false;
  try {
    createHandler(config, () => {});
    return true;
  } catch (error) {
    const at = config.kind === "chain" ? path : [...path, config.kind];
    report(reading, at, `${toPathText(at)}: ${messageOf(error)}`);
    return false;
  }
}
