import { contradictionOf } from "../../forward/bridge/contradiction.js";
import type { CredentialWire, UpstreamCredential } from "../../forward/bridge/credential.js";
import { type ConfigPath, toPathText } from "../document.js";
import { opensNothing } from "../handlers.js";
import type { ReadContext } from "../read-context.js";
import { readSecret } from "../read-secret.js";
import { choice, duration, object, type RawDuration, type Schema, text } from "../schema.js";
import { type RawSecret, scheme as schemeSchema, secret } from "../shared-schemas.js";
import { readTimeouts } from "../timeouts.js";
import type { SectionContext } from "./section.js";

/** Paths of calls that the gateway makes: canonical, with a query or without. */
const callPath = "a path, such as /session";

interface RawCredential {
  readonly wire?: CredentialWire;
  readonly scheme?: string;
  readonly user?: string;
  readonly secret?: RawSecret;
  readonly path?: string;
  readonly logOut?: string;
  readonly keepAlive?: RawDuration;
}

export const credentialSchema: Schema<RawCredential> = object(
  {
    wire: choice(
      ["deephaven", "flight", "sallyport", "http"],
      undefined,
      "How the upstream is logged in to. `deephaven`: Deephaven Core, by gRPC. `flight`: the `Handshake` of Arrow Flight with a header. " +
        "`sallyport`: another gateway or server of Sallyport, by user and password. `http`: a GET of `path`, whose answer has the token.",
    ),
    scheme: {
      ...schemeSchema,
      description:
        "The scheme of the `Authorization` by which the gateway logs in, such as `Basic`, or the class name of a handler of " +
        "Deephaven. Default: `Basic` with a `user`.",
    },
    user: text("a user name", "The user of `Basic`, whose password is the secret."),
    secret: secret("The password of `user`, or what follows the scheme."),
    path: text(callPath, "`http` only: what is asked by GET, to log in and to keep the session alive."),
    logOut: text(callPath, "`http` only: what is asked by POST when the caller's session ends. Default: nothing."),
    keepAlive: duration("2m", "How often the upstream's session is used while that of the caller lives."),
  },
  ["wire", "secret"],
  "The gateway's own credential at the upstream. It logs in there once for each session of its callers, sends the upstream's token in " +
    "place of theirs, and logs out when theirs ends. Callers without a session get 403 `session_required`.",
);

/** A path that needs no reading: it goes to the upstream as it is written. */
const plainPath = /^\/[\x21-\x22\x24-\x7e]*$/;

/** Reads the credential of an upstream; `undefined` when there is none, or after its fault was reported. */
export function readCredential(
  raw: RawCredential | undefined,
  at: ConfigPath,
  context: ReadContext,
): UpstreamCredential | undefined {
  if (raw === undefined) return undefined;
  const { wire = "http", user, path, logOut } = raw;
  const scheme = raw.scheme ?? (user === undefined ? undefined : "Basic");
  const secretText = readSecret(raw.secret, [...at, "secret"], context);
  const report = (key: string, what: string): void =>
    context.report([...at, key], `${toPathText([...at, key])} ${what}`);
  if (scheme === undefined) {
    report(
      "scheme",
      "is needed where there is no user, such as io.deephaven.authentication.psk.PskAuthenticationHandler",
    );
  } else if ((scheme.toLowerCase() === "basic") !== (user !== undefined)) {
    report(
      "user",
      user === undefined ? "is needed with the scheme Basic" : "is for the scheme Basic; leave scheme out",
    );
  }
  if (user?.includes(":") === true) report("user", "must have no colon (RFC 7617 §2)");
  if (wire === "sallyport" && user === undefined) report("user", "is needed with the wire sallyport");
  if (wire === "http" && path === undefined) report("path", "is needed with the wire http: what is asked to log in");
  for (const [key, value] of Object.entries({ path, logOut })) {
    if (value === undefined) continue;
    if (wire !== "http") report(key, `is for the wire http; the wire ${wire} has its own calls`);
    else if (!plainPath.test(value)) report(key, "must begin with / and be visible ASCII without #");
  }
  // A header holds it, unless a message does.
  if (wire !== "sallyport" && user === undefined && secretText !== undefined && !/^[\x21-\x7e]+$/.test(secretText))
    report("secret", "must be visible ASCII, without blanks: it goes into a header");
  const timeouts = readTimeouts(credentialSchema, raw, at, context);
  if (secretText === undefined || scheme === undefined) return undefined;
  return Object.freeze({ wire, scheme, user, secret: secretText, path, logOutPath: logOut, ...timeouts });
}

/** Reports what contradicts a credential in the routes to its upstream, and warns of callers who get 403. */
export function reportBridged(names: ReadonlySet<string>, { above, report, warn }: SectionContext): void {
  for (const [index, route] of above.routes.entries()) {
    if (!names.has(route.upstream)) continue;
    const at: ConfigPath = ["routes", index];
    const path = toPathText(at);
    const contradiction = contradictionOf(route);
    if (contradiction !== undefined)
      report(at, `${path} ${contradiction}, and the gateway logs in to ${route.upstream}; do one of both`);
    const { anonymous, schemes } = route;
    if (anonymous)
      warn(
        at,
        `${path} is anonymous, and ${route.upstream} has a credential: requests without a session get 403 session_required`,
      );
    const lacking = schemes.filter((scheme) =>
      above.handlers.some((one) => one.scheme.toLowerCase() === scheme && opensNothing(one)),
    );
    if (schemes.length > 0 && lacking.length === schemes.length)
      warn(at, `${path} takes ${lacking.join(", ")} only, which open no session: its callers get 403 session_required`);
  }
}
