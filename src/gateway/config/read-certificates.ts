import type { CertificateRule } from "../../handlers/certificate/rules.js";
import { type ConfigPath, toPathText } from "./document.js";
import { present, type RawCertificateRule, type RawConfig, type Reading, report } from "./raw-config.js";
import { readPublicFile } from "./secrets.js";

/** As `clientCertificate` takes it, but for the pattern, which stays a text until the handler is made. */
export interface CertificateRuleConfig extends Omit<CertificateRule, "pattern"> {
  readonly pattern: string | undefined;
}

export function readCertificateRules(
  raw: readonly (RawCertificateRule | undefined)[],
  path: ConfigPath,
  reading: Reading,
): readonly CertificateRuleConfig[] {
  return raw.flatMap((rule, index) => {
    if (rule === undefined) return [];
    const at = (name: string): ConfigPath => [...path, index, name];
    const { pattern, roles, keys, issuer, ...rest } = rule;
    if (pattern !== undefined && !isPattern(pattern)) {
      report(reading, at("pattern"), `${toPathText(at("pattern"))} is no regular expression`);
    }
    const read = issuer === undefined ? undefined : readPublicFile(reading.resolve(issuer));
    if (read !== undefined && "fault" in read) report(reading, at("issuer"), `issuer: ${read.fault}`);
    return Object.freeze({
      ...rest,
      pattern,
      roles: present(roles),
      keys: keys && present(keys),
      issuer: read !== undefined && "text" in read ? read.text : undefined,
    });
  });
}

/** With the `u` flag: a lone bracket or a needless backslash is a mistake rather than itself. */
export function toPattern(pattern: string): RegExp {
  return new RegExp(pattern, "u");
}

/** Whether some listener asks callers for a certificate: without one, nobody could ever be known by it. */
export function asksForCertificates({ listen = [] }: RawConfig): boolean {
  return listen.some((each) => each?.tls?.clientCa !== undefined && each.tls.clientCertificate !== "none");
}

function isPattern(pattern: string): boolean {
  try {
    toPattern(pattern);
    return true;
  } catch {
    return false;
  }
}
