import { hotFile } from "../../base/hot-file.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import type { Identity } from "../../model/identity.js";
import { parseAuthorizedKeys } from "./authorized-keys-format.js";
import type { KeyOwner } from "./private-key.js";
import type { PublicKey } from "./verify-signature.js";

/** What `authorizedKeys` takes beside the path. */
export interface AuthorizedKeysOptions {
  /**
   * Whose keys these are, for a file as OpenSSH has it, in which lines name nobody. Default: every line begins with the
   * name of a user.
   */
  readonly user?: string | undefined;
  /** With `user`: their roles. Default: none. A line may say others: `roles="admin,user"`. */
  readonly roles?: readonly string[] | undefined;
  /** Take DSA keys of old Deephaven installations. `privateKey` needs it too. Default: `false`. */
  readonly allowLegacyDsa?: boolean | undefined;
  /** Told, once per edit, why an edited file was not taken. Default: `process.emitWarning`. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Clock. Default: the machine's. */
  readonly platform?: Platform | undefined;
}

/** Whose key it was, and which. */
export interface AuthorizedKeyIdentity extends Identity {
  readonly roles: readonly string[];
  /** The key's name: SHA-256 of its SPKI in base64url. */
  readonly fingerprint: string;
}

/**
 * Public keys and their owners from a file: `privateKey({ keys: authorizedKeys("./authorized_keys") })`.
 *
 * A line is `user key` or `user options key`, and a key is what stands in a `.pub` file of OpenSSH, what Deephaven's tools
 * put into `pub-….base64.txt`, or base64 of SPKI. Of OpenSSH's options `expiry-time` is honoured, those about shells say
 * nothing here, and any other is refused. Names are compared without regard to case, width and space at the ends.
 *
 * An edit takes effect within a second; a faulty one is not taken, and `onWarning` is told. Sessions go on: end them too.
 *
 * @throws {AuthError} `invalid_options` when the file cannot be read, is writable by everyone, or has a fault, with its
 *   line. The message says what to do.
 */
export function authorizedKeys(
  path: string,
  options: AuthorizedKeysOptions = {},
): (user: string, key: PublicKey) => KeyOwner<AuthorizedKeyIdentity> | undefined {
  const { user, roles = [], allowLegacyDsa = false, onWarning, platform = systemPlatform } = options;
  const owner = user === undefined ? undefined : { name: user, roles: Object.freeze([...roles]) };
  const file = hotFile(path, {
    what: "file of authorized keys",
    remedy: "Create it with a line such as: ada ssh-ed25519 AAAA…",
    danger: "log in as anyone",
    platform,
    onWarning,
    parse: (text) => parseAuthorizedKeys(text, { source: path, owner, allowLegacyDsa }),
  });
  return (name, key) => {
    const found = file.read().find(name, key);
    if (found === undefined) return undefined;
    const { fingerprint } = key;
    return { identity: { subject: found.name, roles: found.roles, fingerprint }, expiresAt: found.expiresAt };
  };
}
