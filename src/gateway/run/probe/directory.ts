import { AuthError } from "../../../base/errors.js";
import type { LdapOptions } from "../../../handlers/ldap/options.js";
import { reachServer } from "../../../handlers/ldap/reach.js";
import { type Finding, fault, ok, type ProbeContext } from "./finding.js";

/** Reaches for each server of a directory. */
export async function probeDirectory(
  what: string,
  options: LdapOptions,
  { platform, timeoutMs }: ProbeContext,
): Promise<Finding[]> {
  async function probe(url: string): Promise<Finding> {
    try {
      return ok(what, `${url} ${await reachServer(url, options, timeoutMs, platform)}`);
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
      return fault(what, `${url} ${error.message}`);
    }
  }
  return Promise.all([options.url].flat().map(probe));
}
