import { roles } from "./handler-schema.js";
import { duration, list, object, type Schema, text } from "./schema.js";

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

/** What the gateway answers itself, beside `sallyport.v1.AuthService`. */
export const services: Schema = object(
  { deephavenEnterprise: enterprise },
  [],
  "Services that the gateway answers itself, beside `sallyport.v1.AuthService`. Default: none.",
);
