import { handler, plainName, roles, schemeName } from "./handler-schema.js";
import { audit, binding, operateAs, throttle, tickets } from "./policy-schema.js";
import { condition, count, duration, flag, list, mapOf, object, oneOf, path, type Schema, text } from "./schema.js";
import { services } from "./service-schema.js";
import { session } from "./session-schema.js";

const address = (description: string): Schema => ({
  type: "string",
  title: "an address with its port, such as 127.0.0.1:8080, [::1]:8080 or 0.0.0.0:8080",
  description,
});

const listen = object(
  {
    address: address("Host and port, such as `127.0.0.1:8080`. Port 0 takes a free one."),
    insecure: flag(
      "Say `true` to listen without TLS where other machines can connect. Whoever is on the way can then read passwords and tokens.",
    ),
    tls: object(
      {
        cert: path("PEM file with the certificate and what leads to its root. Read again when it changes."),
        key: path("PEM file of the certificate's key. Only its owner may read it."),
        clientCa: path("PEM file of the authorities that client certificates must come from."),
        clientCertificate: {
          type: "string",
          enum: ["none", "request", "require"],
          title: "none, request or require",
          description:
            "Whether clients are asked for a certificate. Default: `require` with `clientCa`, otherwise `none`.",
        },
      },
      ["cert", "key"],
      "Speak TLS, with HTTP/2 and HTTP/1.1 by ALPN. Without it: HTTP/1.1 and h2c on one port.",
    ),
  },
  ["address"],
  "One address.",
);

const route = object(
  {
    match: object(
      {
        host: text("a host name without a port", "Only requests for this host. Default: any."),
        path: text("a path such as /api", "This path and what is below it, by whole segments: `/api` is not `/apis`."),
        methods: condition(
          list(
            { type: "string", pattern: "^[A-Z]+$", title: "a method in capital letters" },
            "a list of methods, such as [GET, HEAD]",
            "Only these methods. Default: any.",
          ),
        ),
      },
      ["path"],
      "Which requests. The most specific route wins: one with a host before one without, then the longer path.",
    ),
    upstream: text("the name of an upstream", "Where they go: a name of `upstreams`."),
    anonymous: {
      enum: [true, false, "everything"],
      title: "true or false (or everything, for the path /)",
      default: false,
      description:
        "Requests without credentials are welcome; wrong credentials are refused all the same. At the path `/` this opens all " +
        "that no other route names, so there it must be spelled `everything`.",
    },
    roles: condition(roles("The caller must have one of these. Default: any caller.")),
    schemes: condition(
      list(
        { type: "string", ...schemeName },
        "a list of schemes, such as [Basic]",
        "The caller must have logged in by one of these schemes. Default: any.",
      ),
    ),
    maxAge: duration("any", "The caller must have proved who they are within this time (RFC 9470 step-up)."),
    acr: list(
      text("a value of acr", "An authentication context class, as the identity provider names it."),
      "a list of values of acr",
      "The log-in must be one of these (RFC 9470 step-up). Default: any.",
    ),
    forwardAuthorization: flag("Send `Authorization` on. With it the upstream can act as the caller."),
  },
  ["match", "upstream"],
  "One route. Without `anonymous` it is for authenticated callers only.",
);

const upstream = object(
  {
    url: text(
      "a URL such as http://127.0.0.1:3000, without a path",
      "`http://` or `https://`, host and port; no path.",
    ),
    identity: {
      type: "string",
      enum: ["headers", "none"],
      title: "headers or none",
      default: "headers",
      description: "Tell the upstream who is calling, in `x-sallyport-*` headers.",
    },
    connectTimeout: duration("5s", "How long connecting may take."),
    headersTimeout: duration("60s", "From the end of the request to the header of the answer."),
    bodyTimeout: duration("5m", "The longest pause within a body, and within a WebSocket."),
    maxConnections: count(256, "Connections to this upstream at a time; further requests wait."),
  },
  ["url"],
  "One upstream, an HTTP/1.1 server.",
);

/** The JSON Schema of a configuration file. What it cannot say is checked by `checkConfig`. */
export const configSchema: Schema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  ...object(
    {
      realm: {
        type: "string",
        pattern: "^[\\x20-\\x7e]{1,128}$",
        title: "1 to 128 characters of visible ASCII and spaces",
        default: "sallyport",
        description:
          "Part of every token's MAC, so that no token passes for another deployment, and of every challenge.",
      },
      listen: { ...list(listen, "a list of addresses", "Where the gateway listens."), minItems: 1 },
      admin: object(
        { address: address("Host and port. Apart from traffic: whoever can connect sees the metrics.") },
        ["address"],
        "Liveness, readiness and Prometheus metrics. Default: none.",
      ),
      keys: object(
        { file: path("Made by `sallyport keys init`, mode 0600. Read again by itself when a key was added.") },
        ["file"],
        "The keys that sign tokens.",
      ),
      store: oneOf(
        {
          sqlite: path("A database file, for any number of processes on one machine. Made if it is not there."),
          memory: { const: true, title: "true", description: "Sessions end with the process. For trying out." },
        },
        "Where sessions are kept.",
      ),
      session,
      handlers: mapOf(
        handler,
        schemeName,
        "an object with a handler for each scheme",
        "One entry per scheme. Case does not count; a second one for a scheme is an error.",
      ),
      aliases: mapOf(
        { type: "string", ...schemeName },
        schemeName,
        "an object with a scheme for each name",
        "Further names for schemes, exact and in this case only: class names, by which clients of Deephaven name a handler.",
      ),
      nestedSchemes: flag(
        "Understand `Bearer <scheme> <credentials>` too, for clients that can send Basic and Bearer only.",
      ),
      throttle,
      operateAs,
      binding,
      tickets,
      services,
      routes: { ...list(route, "a list of routes", "Who may reach what. What no route matches is 404."), minItems: 1 },
      upstreams: mapOf(
        upstream,
        plainName,
        "an object with an upstream for each name",
        "The services behind the gateway.",
      ),
      trustedProxies: list(
        text("an address block, such as 10.0.0.0/8", "A CIDR block."),
        "a list of address blocks, such as [10.0.0.0/8]",
        "Proxies in front, whose `X-Forwarded-*` count. Default: none. Blocks larger than a private network are refused.",
      ),
      limits: object(
        {
          headersTimeout: duration("10s", "From accept, or the end of the last request, to a complete header block."),
          stopTimeout: duration("30s", "How long a graceful stop waits for calls under way."),
          maxConnections: count(10_000, "Connections at a time, of all listeners together."),
        },
        [],
        "Against slow and many clients.",
      ),
      audit,
      log: object(
        {
          level: {
            type: "string",
            enum: ["debug", "info", "warn", "error", "silent"],
            title: "debug, info, warn, error or silent",
            default: "info",
            description: "Lines of JSON on standard output.",
          },
        },
        [],
        "What is logged. Never a credential or a token.",
      ),
    },
    ["listen", "keys", "store", "handlers", "routes", "upstreams"],
    "The configuration of `sallyport serve`.",
  ),
};
