import type { Handler } from "../../../handlers/handler.js";
import type { LdapOptions } from "../../../handlers/ldap/options.js";
import type { KeptProviders } from "../../../handlers/oidc/kept.js";
import type { UserFile } from "../../../handlers/password/file.js";
import type { Identity } from "../../../model/identity.js";
import type { ConfigPath } from "../document.js";
import type { Part } from "../part.js";
import type { ReadContext } from "../read-context.js";
import type { Schema } from "../schema.js";

/** Called when an edited file was refused, or a provider cannot be reached. */
export type OnWarning = (message: string) => void;

/** What a handler needs beside its settings, for a look whether it is there and sane. */
export type Dependency =
  | { readonly kind: "provider" | "key-set"; readonly url: string }
  | { readonly kind: "directory"; readonly options: LdapOptions }
  /** Names and hashes of passwords. */
  | { readonly kind: "password-file"; readonly file: string };

/**
 * One kind of handler: the schema of `handlers.<scheme>.<kind>`, its reader, and the function that makes the handler.
 */
export interface HandlerKind<Config> extends Part<Config | undefined> {
  /** The only scheme of its handlers; with `anyScheme` one to suggest. */
  readonly scheme: string;
  /** Whether its handlers may have any scheme but `Basic`. */
  readonly anyScheme?: boolean;
  /**
   * Its role where two kinds share a scheme: the one whose credentials have a prefix is asked first, the other gets the
   * rest.
   */
  readonly shares?: "prefix" | "rest";
  /** Whether its credentials come with every call, and open no session. */
  readonly opensNothing?: boolean;
  /** Whether it authenticates callers by the certificate that a listener has asked for. */
  readonly needsCertificates?: boolean;
  /** Whether it authenticates callers by what a trusted proxy says. */
  readonly needsProxies?: boolean;
  /** What to set so that the handler can be asked again about accounts, where that is a setting of this kind. */
  readonly toBeAsked?: string;
  /**
   * Makes the handler.
   *
   * @param kept what handlers of earlier configurations know of providers. Default: nothing
   * @throws {AuthError} `invalid_options`; the message holds no secret
   */
  create(config: Config, scheme: string, onWarning: OnWarning, kept?: KeptProviders): Handler<Identity>;
  /**
   * Returns every role that its callers can have, to find a role that no caller has. Absent, or `undefined`: that
   * cannot be told from the configuration and its files.
   */
  rolesOf?(config: Config): readonly string[] | undefined;
  /** Returns the header that carries its credentials beside `Authorization`. Default: none. */
  headerOf?(config: Config): string | undefined;
  /** Returns what its handlers need. Default: nothing. */
  dependsOn?(config: Config): readonly Dependency[];
  /**
   * Opens the user file of a kind that has one. The targets of operate-as can be looked up there.
   *
   * @throws {AuthError} `invalid_options`
   */
  openUsers?(config: Config, onWarning: OnWarning): UserFile;
}

/** Makes a kind whose reader is typed by its schema. */
export function handlerKind<Raw, Config>(
  kind: Omit<HandlerKind<Config>, "schema" | "read"> & {
    readonly schema: Schema<Raw>;
    /**
     * Reads the settings.
     *
     * @returns `undefined` after a fault was reported: a setting is missing or cannot be used
     */
    read(raw: Raw, path: ConfigPath, context: ReadContext): Config | undefined;
  },
): HandlerKind<Config> {
  return kind as HandlerKind<Config>;
}
