import type { CoreConfig } from "../../../own/own-config.js";
import { type Part, part } from "../../part.js";
import { itemsOf } from "../../read-context.js";
import { list, mapOf, object, type RawMap, type Schema, text } from "../../schema.js";
import { wireSession } from "../session.js";

const constants = (description: string): Schema<RawMap<string>> =>
  mapOf(text("a value", "A value."), { minLength: 1 }, "an object with a value for each name", description);

export const corePart: Part<CoreConfig | undefined> = part(
  object(
    {
      session: wireSession.schema,
      authHandlers: list(
        text("a class name", "A class name."),
        "a list of class names",
        "The class names by which web pages choose how to log in. Default: the names of `aliases` with a dot in them.",
      ),
      authenticationConstants: constants("Further settings that every client may read. Never a secret."),
      configurationConstants: constants("Further settings for callers who are logged in."),
    },
    [],
    "`ConfigService` and `SessionService` of Deephaven Core, for its clients: log-in, renewal and log-out. `{}` serves them with the defaults.",
  ),
  (raw, path, context) => {
    if (raw === undefined) return undefined;
    const session = wireSession.read(raw.session, [...path, "session"], context);
    return Object.freeze({ ...raw, session, authHandlers: raw.authHandlers && itemsOf(raw.authHandlers) });
  },
);
