import type { Handler } from "../../../handlers/handler.js";
import type { UserFile } from "../../../handlers/password/file.js";
import type { Identity } from "../../../model/identity.js";
import type { ConfigPath } from "../document.js";
import type { Part } from "../part.js";
import type { ReadContext } from "../read-context.js";
import type { Schema } from "../schema.js";

/** Told when an edited file was not taken, or a provider cannot be asked. */
export type OnWarning = (message: string) => void;

/** One kind of handler: how `handlers.<scheme>.<kind>` is spelled, read and made. */
export interface HandlerKind<Config> extends Part<Config | undefined> {
  /** The only scheme that it answers for; with `anyScheme` one that fits. */
  readonly scheme: string;
  /** It answers for any scheme but `Basic`. */
  readonly anyScheme?: boolean;
  /** Two kinds may share a scheme: one whose credentials have a prefix is asked first, the other has the rest. */
  readonly shares?: "prefix" | "rest";
  /** It knows callers by the certificate that a listener has asked for. */
  readonly needsCertificates?: boolean;
  /** @throws {AuthError} `invalid_options`; never with a secret. */
  create(config: Config, scheme: string, onWarning: OnWarning): Handler<Identity>;
  /**
   * Opens its users, where they are known without asking anybody: others may operate as them.
   *
   * @throws {AuthError} `invalid_options`
   */
  openUsers?(config: Config, onWarning: OnWarning): UserFile;
}

/** A kind whose reader gets what its schema lets through. */
export function handlerKind<Raw, Config>(
  kind: Omit<HandlerKind<Config>, "schema" | "read"> & {
    readonly schema: Schema<Raw>;
    /** @returns `undefined` when something is missing or cannot be used, and that has been reported. */
    read(raw: Raw, path: ConfigPath, context: ReadContext): Config | undefined;
  },
): HandlerKind<Config> {
  return kind as HandlerKind<Config>;
}
