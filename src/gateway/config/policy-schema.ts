import { roles } from "./handler-schema.js";
import { count, duration, flag, list, mapOf, object, path, type Schema, text } from "./schema.js";

const subjects = (description: string): Schema =>
  list(text("a subject", "A subject."), "a list of subjects, such as [ada]", description);

const operateAsRule = object(
  {
    actors: subjects("Who may: subjects, exact or with `*` for any run of characters."),
    actorRoles: roles("Who may: whoever has one of these roles."),
    targets: subjects("As whom: subjects, in the same form."),
    targetRoles: roles("As whom: whoever has one of these roles."),
    except: subjects("Never as these."),
    exceptRoles: roles("Never as whoever has one of these roles."),
    services: subjects("Only for tickets of these services."),
    reasonRequired: flag("The actor must say why."),
    maxDuration: duration("none", "How long at most."),
    nested: flag("Also for an actor who operates as somebody already."),
  },
  [],
  "One rule. All that it names must hold; it needs one condition for the actor and one for the target.",
);

/** Who may operate as whom. */
export const operateAs: Schema = object(
  {
    users: path(
      "The user file in which targets are looked up. Default: the one of the `Basic` handler. Who is not in it, or disabled, is nobody's target.",
    ),
    rules: { ...list(operateAsRule, "a list of rules", "The first that fits decides; none: refused."), minItems: 1 },
  },
  ["rules"],
  "Who may operate as whom. Default: nobody as anybody.",
);

/** What sessions are bound to. */
export const binding: Schema = object(
  {
    certificate: flag(
      "Bind new sessions to the client certificate, where the listener asked for one and verified it (RFC 8705).",
    ),
    baseUrls: list(
      text("a URL such as https://api.example", "A URL: scheme, host, and a path that a proxy in front takes away."),
      "a list of URLs, such as [https://api.example]",
      "Where clients reach this gateway: a `DPoP` proof is good for a URL under one of them. Default: the authority of each request.",
    ),
    nonce: {
      ...flag("A proof must hold a nonce of ours. `false` is for clients that know none: then their clock counts."),
      default: true,
    },
    proofLife: duration(
      "60s",
      "How long a nonce is handed out, and good for as long again; without nonces, how old a proof may be. From 30s to 10m.",
    ),
    sharedReplay: flag(
      "Remember used proofs in the store, for all nodes: a durable write per call of a bound session.",
    ),
  },
  [],
  "Sessions that are worth nothing without a key or a certificate. Clients bind to a key by themselves, by `DPoP` (RFC 9449).",
);

/** One-time tickets. */
export const tickets: Schema = object(
  {
    services: mapOf(
      subjects("Who may redeem tickets for this service."),
      { pattern: "^[^\\p{Cc}]{1,256}$", title: "the name of a service" },
      "an object with a list of subjects for each service",
      "Who answers for which service. Default: each caller for the service of its own name.",
    ),
    onMisuse: {
      type: "string",
      enum: ["alarm", "revoke"],
      title: "alarm or revoke",
      default: "alarm",
      description: "When a ticket is redeemed twice, or by the wrong service: tell, or also end its session.",
    },
  },
  [],
  "One-time tickets.",
);

const failures = (fallback: number, minimum: number, description: string): Schema => ({
  type: "integer",
  minimum,
  maximum: 100,
  title: `a whole number from ${minimum} to 100`,
  default: fallback,
  description,
});

/** How guesses at passwords are slowed down. */
export const throttle: Schema = object(
  {
    off: flag("Guesses are not slowed down. Only where something in front of the gateway does it."),
    freeFailures: failures(10, 0, "Wrong passwords of one account that cost nothing."),
    firstDelay: duration("1s", "The delay after the first one beyond; each one more doubles it."),
    longestDelay: duration("15m", "No delay is longer."),
    forgetFailure: duration("15m", "How long a wrong password counts for the delay; one after the other is forgotten."),
    maxFailures: failures(
      99,
      1,
      "Wrong passwords in a row after which an account accepts none, until its owner logs in by other means or an operator resets it.",
    ),
    sourceBurst: count(
      30,
      "Failed log-ins that one source may have at once: an IPv4 address, or the /64 of an IPv6 one.",
    ),
    sourceRefill: duration("3s", "One more each time this has passed."),
    totalBurst: count(1_000, "Failed log-ins of all sources together at once."),
    totalRefill: duration("100ms", "One more each time this has passed."),
    maxUnderWay: count(64, "Passwords that are looked at at a time; beyond, the answer is 503."),
  },
  [],
  "How guesses at passwords are slowed down. Never tokens, keys or certificates.",
);

/** Who did what, when, from where. */
export const audit: Schema = object(
  {
    file: path(
      "Lines of JSON are appended to it; made with mode 0600. Moved away, it is made anew; SIGHUP does so at once.",
    ),
    fsync: flag("Wait for the disk, so that a record survives a power cut."),
    onFailure: {
      type: "string",
      enum: ["continue", "refuse"],
      title: "continue or refuse",
      description:
        "What becomes of a log-in, a ticket or an operate-as whose record cannot be written: it goes on, or it is 503 and undone.",
    },
  },
  ["file", "onFailure"],
  "A record for each log-in, refusal, ticket, operate-as, end and alarm. Default: none. Another file takes effect at the next start.",
);
