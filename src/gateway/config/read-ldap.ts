import { withSecret } from "../../base/with-secret.js";
import type { LdapGroups, LdapOptions } from "../../handlers/ldap/options.js";
import type { HandlerConfig } from "./config.js";
import { type ConfigPath, toPathText } from "./document.js";
import { parseDuration } from "./duration.js";
import { present, type RawLdap, type Reading, report } from "./raw-config.js";
import { readSecret } from "./read-secret.js";
import { readPublicFile } from "./secrets.js";

type LdapConfig = Extract<HandlerConfig, { kind: "ldap" }>;

/** What has been reported as missing gives nothing. */
export function readLdap(raw: RawLdap, path: ConfigPath, reading: Reading): LdapConfig | undefined {
  const { url, users, groups, timeout, connectTimeout, ca, bind, ...same } = raw;
  if (url === undefined || users === undefined) return undefined;
  const account = bind && readBind(bind, [...path, "bind"], reading);
  const authorities = ca === undefined ? undefined : readAuthorities(ca, [...path, "ca"], reading);
  if ((bind && account === undefined) || (ca !== undefined && authorities === undefined)) return undefined;
  const options: LdapOptions = {
    ...same,
    url: typeof url === "string" ? url : present(url),
    users: users as LdapOptions["users"],
    bind: account,
    ca: authorities,
    groups: groups && readGroups(groups),
    timeoutMs: timeout === undefined ? undefined : parseDuration(timeout),
    connectTimeoutMs: connectTimeout === undefined ? undefined : parseDuration(connectTimeout),
  };
  return { kind: "ldap", scheme: "Basic", options: Object.freeze(options) };
}

function readBind(
  { dn, password }: NonNullable<RawLdap["bind"]>,
  path: ConfigPath,
  reading: Reading,
): LdapOptions["bind"] {
  if (dn === undefined || password === undefined) return undefined;
  const secret = readSecret(password, [...path, "password"], reading);
  return secret === undefined ? undefined : Object.freeze(withSecret({ dn }, { password: secret }));
}

function readAuthorities(ca: string, path: ConfigPath, reading: Reading): string | undefined {
  const found = readPublicFile(reading.resolve(ca));
  if ("text" in found) return found.text;
  report(reading, path, `${toPathText(path)}: ${found.fault}`);
  return undefined;
}

function readGroups({ roles = {}, ...same }: NonNullable<RawLdap["groups"]>): LdapGroups {
  return { ...same, roles: Object.fromEntries(Object.entries(roles).map(([dn, given]) => [dn, present(given)])) };
}
