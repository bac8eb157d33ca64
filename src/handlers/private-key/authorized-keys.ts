import { hotFile } from "../../base/hot-file.js";
import { type OptionKinds, requireArgument, requireOptions } from "../../base/options.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import type { Identity } from "../../model/identity.js";
import { parseAuthorizedKeys } from "./authorized-keys-format.js";
import type { KeyOwner } from "./private-key.js";
import type { PublicKey } from "./verify-signature.js";

/** Options of `authorizedKeys`. */
export interface AuthorizedKeysOptions {
  /**
   * The owner of every key, for a file in OpenSSH's format, whose lines name no user. Default: every line begins with
   * the name of a user.
   */
  readonly user?: string | undefined;
  /** With `user`: the user's roles. Default: none. A line may set others: `roles="admin,user"`. */
  readonly roles?: readonly string[] | undefined;
  /**
   * Accept DSA keys of old Deephaven installations, which are no longer safe; set it in `privateKey` too. Default:
   * `false`.
   */
  readonly allowLegacyDsa?: boolean | undefined;
  /** Called once per edit that was refused, with the reason. Default: `process.emitWarning`. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Clock. Default: the machine's. */
  readonly platform?: Platform | undefined;
}

const authorizedKeysKinds: OptionKinds<AuthorizedKeysOptions> = {
  user: "string",
  roles: "strings",
  allowLegacyDsa: "boolean",
  onWarning: "function",
  platform: "object",
};

/** The identity of a caller that logged in by a key of the file. */
export interface AuthorizedKeyIdentity extends Identity {
  readonly roles: readonly string[];
  /** The fingerprint of the key: SHA-256 of its SPKI in base64url. */
  readonly fingerprint: string;
}

/** The keys of a file, for `privateKey`. */
export interface AuthorizedKeys {
  (user: string, key: Pick<PublicKey, "fingerprint">): KeyOwner<AuthorizedKeyIdentity> | undefined;
  recheck(
    identity: AuthorizedKeyIdentity,
    fingerprint: string | undefined,
  ): KeyOwner<AuthorizedKeyIdentity> | undefined;
  epoch(): number;
}

/**
 * Reads public keys and their owners from a file: `privateKey({ keys: authorizedKeys("./authorized_keys") })`.
 *
 * A line is `user key` or `user options key`. A key is the content of a `.pub` file of OpenSSH, of Deephaven's
 * `pub-….base64.txt`, or base64 of SPKI. Of OpenSSH's options `expiry-time` is honoured, those about shells are
 * ignored, and any other is refused. Names are compared without regard to case, width and space at the ends.
 *
 * An edit takes effect a second after the last write, for live sessions too: when a key is removed, those that it
 * opened end. After a faulty edit the last good version stays in use, and `onWarning` is called.
 *
 * @throws {AuthError} `invalid_options` when the file cannot be read, may be written by every user of the machine, or
 *   has a fault, with its line. The message says what to do.
 */
export function authorizedKeys(path: string, options: AuthorizedKeysOptions = {}): AuthorizedKeys {
  requireArgument("authorizedKeys", "path", path, "string");
  requireOptions("authorizedKeys", options, authorizedKeysKinds);
  const { user, roles = [], allowLegacyDsa = false, onWarning, platform = systemPlatform } = options;
  const owner = user === undefined ? undefined : { name: user, roles: Object.freeze([...roles]) };
  const file = hotFile(path, {
    what: "file of authorized keys",
    remedy: "Create it with a line such as: ada ssh-ed25519 AAAA…",
    danger: "log in as any user",
    platform,
    onWarning,
    parse: (text) => parseAuthorizedKeys(text, { source: path, owner, allowLegacyDsa }),
  });
  const find = (name: string, { fingerprint }: Pick<PublicKey, "fingerprint">) => {
    const found = file.read().find(name, { fingerprint });
    if (found === undefined) return undefined;
    return { identity: { subject: found.name, roles: found.roles, fingerprint }, expiresAt: found.expiresAt };
  };
  return Object.freeze(
    Object.assign(find, {
      epoch: file.epoch,
      recheck: ({ subject, fingerprint }: AuthorizedKeyIdentity, via = fingerprint) =>
        find(subject, { fingerprint: via }),
    }),
  );
}
