import { roles } from "./handler-schema.js";
import { duration, flag, list, mapOf, object, type Schema, text } from "./schema.js";
import { session } from "./session-schema.js";

const enterprise = object(
  {
    cookieLife: duration("10m", "How long a cookie is good without being refreshed. At least 125s."),
    tokenLife: duration("30s", "How long a one-time token is good. From 1s to 5m."),
    verifyTokenFrom: {
      type: ["string", "array"],
      minLength: 1,
      items: text("an address block, such as 10.0.7.0/24", "A CIDR block."),
      title: "a list of address blocks, such as [10.0.7.0/24], or anyone",
      description:
        "Whose `verifyToken` and `verifyChallenge` are answered. Services prove nothing about themselves on this wire, so " +
        "whoever may ask can spend a token that they have seen. Default: nobody's.",
    },
    delegateServices: list(
      text("the name of a service", "A name."),
      "a list of services, such as [RemoteQueryProcessor]",
      "Services whose one-time tokens may be spent for a cookie. Default: none.",
    ),
    reloadRoles: roles("Roles whose `reload` reads this file again. Default: nobody's."),
    address: {
      type: "string",
      title: "an IPv4 address, such as 192.0.2.7",
      default: "127.0.0.1",
      description: "The address in tokens and nonces: where a service finds this gateway.",
    },
  },
  [],
  "`io.deephaven.proto.auth.grpc.AuthApi`, for clients of Deephaven Enterprise. `{}` serves it as it is.",
);

const own: Schema = {
  ...session,
  description:
    "Durations and policy of sessions that open here. Default: those of `session`, with the policy `overlapping`, since " +
    "these clients may keep the token of their log-in.",
};

const flight = object(
  {
    session: own,
    keepOpen: flag(
      "After a log-in by messages the stream stays open, and further messages renew: for Deephaven's Go client.",
    ),
    cookie: {
      type: "string",
      pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
      title: "the name of a cookie, such as deephaven-auth-cookie",
      description:
        "Take tokens from this cookie too, and set it for whoever asks by `x-deephaven-auth-cookie-request: true`. Default: no cookies.",
    },
  },
  [],
  "`arrow.flight.protocol.FlightService/Handshake`, for clients of Arrow Flight; tokens may come in `auth-token-bin` then. `{}` serves it as it is.",
);

const constants = (description: string): Schema =>
  mapOf(text("a value", "A value."), { minLength: 1 }, "an object with a value for each name", description);

const core = object(
  {
    session: own,
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
);

/** What the gateway answers itself, beside `sallyport.v1.AuthService`. */
export const services: Schema = object(
  { flight, deephavenCore: core, deephavenEnterprise: enterprise },
  [],
  "Services that the gateway answers itself, beside `sallyport.v1.AuthService`. Default: none.",
);
