import type { ListenConfig } from "../../listen/listen-config.js";
import type { ServicesConfig } from "../../own/own-config.js";
import type { RouteConfig } from "../../route/route-config.js";
import type { ConfigPath } from "../document.js";
import type { HandlerConfig } from "../handlers.js";
import type { Part } from "../part.js";
import type { ReadContext } from "../read-context.js";
import type { Schema } from "../schema.js";
import type { SessionConfig } from "./session.js";

/** What the readers of sections share. */
export interface SectionContext extends ReadContext {
  /** Returns the names in a section that is a map; `undefined` when the file does not have it. */
  namesIn(section: string): readonly string[] | undefined;
  /** The configurations of the sections above. */
  readonly above: {
    readonly listen: readonly ListenConfig[];
    readonly session: SessionConfig;
    readonly handlers: readonly HandlerConfig[];
    readonly services: ServicesConfig;
    readonly routes: readonly RouteConfig[];
  };
}

/** One key at the top of the file. */
export type Section<Config> = Part<Config, SectionContext>;

/** Makes a section whose reader is typed by its schema. */
export function section<Raw, Config>(
  schema: Schema<Raw>,
  read: (raw: Raw | undefined, path: ConfigPath, context: SectionContext) => Config,
): Section<Config> {
  return { schema, read: read as Section<Config>["read"] };
}
