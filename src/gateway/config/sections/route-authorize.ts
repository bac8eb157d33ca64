import { withSecret } from "../../../base/with-secret.js";
import type { AuthorizeConfig } from "../../route/route-config.js";
import { type ConfigPath, toPathText } from "../document.js";
import { itemsOf, type ReadContext } from "../read-context.js";
import { readSecret } from "../read-secret.js";
import { duration, list, object, type RawDuration, type RawList, type Schema, text } from "../schema.js";
import { type RawSecret, secret } from "../shared-schemas.js";
import { requirePositive } from "../timeouts.js";

/** The settings as the file spells them. */
export interface RawAuthorize {
  readonly url?: string;
  readonly timeout?: RawDuration;
  readonly claims?: RawList<string>;
  readonly bearerToken?: RawSecret;
}

/** The service that decides about the requests of a route. */
export const authorizeSchema: Schema<RawAuthorize> = object(
  {
    url: text(
      "a URL such as http://127.0.0.1:8181/decide",
      "Where questions are sent, by POST in JSON. 2xx lets the request in; 4xx but 408 and 429 refuses it with 403, and a JSON object in " +
        "it may have a `reason` for the caller; whatever else is 503.",
    ),
    timeout: duration("2s", "How long an answer may take; then the request gets 503."),
    claims: list(
      text("the name of a claim", "The name of a claim."),
      "a list of names, such as [org]",
      "Members of the caller's identity that the question holds, beside subject, actor, roles and scopes. Default: none.",
    ),
    bearerToken: secret("What the service knows the gateway by: sent as `Authorization: Bearer`. Default: nothing."),
  },
  ["url"],
  "A service that is asked about each request after all other conditions. An answer is used again for as long as its " +
    "`Cache-Control: max-age` says, an hour at most. Default: none is asked.",
);

export function readAuthorize(
  raw: RawAuthorize | undefined,
  at: ConfigPath,
  context: ReadContext,
): AuthorizeConfig | undefined {
  if (raw === undefined) return undefined;
  const { url = "", timeout = "2s", claims, bearerToken } = raw;
  const fault = raw.url === undefined ? undefined : faultOfUrl(url);
  if (fault !== undefined) context.report([...at, "url"], `${toPathText([...at, "url"])} ${fault}`);
  const path = [...at, "bearerToken"];
  const known = bearerToken === undefined ? undefined : readSecret(bearerToken, path, context);
  if (known !== undefined && !/^[!-~]+$/.test(known)) {
    context.report(path, `${toPathText(path)} must be visible ASCII without spaces, as a header holds it`);
  }
  const timeoutMs = requirePositive(timeout, [...at, "timeout"], context);
  return Object.freeze(withSecret({ url, timeoutMs, claims: itemsOf(claims) }, { bearerToken: known }));
}

/** Returns the fault of a URL. The message does not show the URL, which may hold a password. */
function faultOfUrl(text: string): string | undefined {
  if (!/^https?:\/\/[^/?#]/i.test(text) || !URL.canParse(text))
    return "must be a URL such as http://127.0.0.1:8181/decide";
  const { username, password, hash } = new URL(text);
  if (username !== "" || password !== "") return "must not hold a user name or password; give a bearerToken";
  return hash === "" ? undefined : "must not have a part behind #, which is never sent";
}
