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
        "By which pages choose their way to log in. Default: the names of `aliases` with a dot in them.",
      ),
      authenticationConstants: constants("Further settings that everybody may read. Never a secret."),
      configurationConstants: constants("Further settings for callers who are logged in."),
    },
    [],
    "`ConfigService` and `SessionService` of Deephaven Core, for its clients: to log in, to stay and to leave. `{}` serves them as they are.",
  ),
  (raw, path, context) => {
    if (raw === undefined) return undefined;
    const session = wireSession.read(raw.session, [...path, "session"], context);
    return Object.freeze({ ...raw, session, authHandlers: raw.authHandlers && itemsOf(raw.authHandlers) });
  },
);
