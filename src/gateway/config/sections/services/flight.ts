import type { FlightConfig } from "../../../own/own-config.js";
import { type Part, part } from "../../part.js";
import { flag, object, type Schema } from "../../schema.js";
import { wireSession } from "../session.js";

const cookie: Schema<string> = {
  type: "string",
  pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
  title: "the name of a cookie, such as deephaven-auth-cookie",
  description:
    "Take tokens from this cookie too, and set it for clients that send `x-deephaven-auth-cookie-request: true`. Default: no cookies.",
};

export const flightPart: Part<FlightConfig | undefined> = part(
  object(
    {
      session: wireSession.schema,
      keepOpen: flag(
        "After a log-in by messages the stream stays open, and further messages renew: for Deephaven's Go client.",
      ),
      cookie,
    },
    [],
    "`arrow.flight.protocol.FlightService/Handshake`, for clients of Arrow Flight; tokens may come in `auth-token-bin` then. `{}` serves it with the defaults.",
  ),
  (raw, path, context) => {
    if (raw === undefined) return undefined;
    const session = wireSession.read(raw.session, [...path, "session"], context);
    return Object.freeze({ session, keepOpen: raw.keepOpen ?? false, cookie: raw.cookie });
  },
);
