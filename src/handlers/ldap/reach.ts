import type { SearchOptions } from "ldapts";
import { AuthError } from "../../base/errors.js";
import type { Platform } from "../../base/platform.js";
import { createConnections, reasonOf } from "./connection.js";
import { type LdapOptions, resolveLdapOptions } from "./options.js";

/**
 * Connects to one server of a directory, binds as the account that searches, and reads the entry below which people are
 * searched. Nothing is changed.
 *
 * @param url one of `options.url`
 * @param withinMs how long all of it may take, in milliseconds
 * @returns what was found, worded to follow the URL
 * @throws {AuthError} `unavailable`, worded to follow the URL; it holds no password
 */
export async function reachServer(
  url: string,
  options: LdapOptions,
  withinMs: number,
  platform: Platform,
): Promise<string> {
  const settings = resolveLdapOptions({ ...options, url, timeoutMs: withinMs, connectTimeoutMs: withinMs, platform });
  const { bind, users } = settings;
  const library = import("ldapts");
  await library.catch(() => refuse("cannot be asked: the package ldapts does not load; run: npm install ldapts@8"));
  const read: SearchOptions = { scope: "base", attributes: ["1.1"] };
  return createConnections(settings, library)(platform.monotonic() + withinMs, async (client) => {
    if (bind === undefined) {
      // A refusal to read without an account is the answer of a directory, too.
      await client.search("", read).catch((error: unknown) => {
        if (!reasonOf(error).startsWith("result ")) refuse(`does not answer as a directory does (${reasonOf(error)})`);
      });
      return "can be reached; there is no account that searches, so nothing was read";
    }
    await client.bind(bind.dn, bind.password).catch((error: unknown) => {
      refuse(`does not accept the account of bind; look at bind.dn and bind.password (${reasonOf(error)})`);
    });
    if (!("base" in users)) return "accepts the account that searches";
    await client.search(users.base, read).catch((error: unknown) => {
      const where = `does not let that account read ${users.base}`;
      refuse(`${where}; look at users.base, and at the account's rights (${reasonOf(error)})`);
    });
    return `accepts the account that searches, and has ${users.base}`;
  });
}

function refuse(message: string): never {
  throw new AuthError("unavailable", message);
}
