import type { Platform } from "../../../base/platform.js";
import { withSecret } from "../../../base/with-secret.js";
import {
  createExternalHandler,
  type ExternalHandler,
  type ExternalOptions,
} from "../../../handlers/external/external.js";
import type { KeptProviders } from "../../../handlers/oidc/kept.js";
import { toPathText } from "../document.js";
import { inMs } from "../in-ms.js";
import { readSecret } from "../read-secret.js";
import { duration, flag, mapOf, object, text } from "../schema.js";
import { secret } from "../shared-schemas.js";
import { claims, providerIssuer, readClaims, rolesOfClaims } from "./claims.js";
import { type HandlerKind, handlerKind, type OnWarning } from "./handler-kind.js";

export interface ExternalConfig {
  readonly options: ExternalOptions;
}

const schema = object(
  {
    issuer: providerIssuer("The rest comes from"),
    clientId: text("the id of a client", "The client id of the gateway at the provider."),
    clientSecret: secret("The client secret of the gateway at the provider. Default: none, as a public client."),
    url: text(
      "the https URL of our pages, such as https://gate.example/external",
      "The URL of the gateway's pages, as browsers see it. The gateway answers `/login`, `/callback` and `/confirm` below its path, on " +
        "every listener; register `<url>/callback` at the provider.",
    ),
    scope: {
      ...text("words, openid among them", "The scopes to ask the provider for. Names and groups often need more."),
      default: "openid",
    },
    parameters: mapOf(
      text("text", "Its value."),
      { pattern: "^[a-z_]+$", title: "the name of a parameter" },
      "an object with text for each parameter",
      "More parameters of the authorization request, such as `{ prompt: select_account }`. Default: none.",
    ),
    sameAddress: {
      ...flag(
        "The browser must come from the address where the program waits. `false` only for programs on machines far away.",
      ),
      default: true,
    },
    wait: duration("4m", "How long a program waits. At most 590s."),
    ...claims,
  },
  ["issuer", "clientId", "url"],
  "For `External`: a log-in in the browser, at an OpenID provider, that a waiting program picks up. Needs the package " +
    "`openid-client`.",
);

export const externalKind: HandlerKind<ExternalConfig> = handlerKind({
  scheme: "External",
  schema,
  read(raw, path, context) {
    const { issuer, clientId, clientSecret, url, ...same } = inMs(schema, raw);
    if (issuer === undefined || clientId === undefined || url === undefined) return undefined;
    const secret = clientSecret && readSecret(clientSecret, [...path, "clientSecret"], context);
    if (clientSecret !== undefined && secret === undefined) return undefined;
    // The gateway compares canonical paths, so a path with several spellings would be found under only one of them.
    if (URL.canParse(url) && !/^(\/[\w.-]+)*\/?$/.test(new URL(url).pathname)) {
      const at = [...path, "url"];
      context.report(at, `${toPathText(at)}: the path may have letters, digits and any of / _ . - only`);
      return undefined;
    }
    const options: ExternalOptions = { ...same, ...readClaims(raw), issuer, clientId, url };
    // The provider needs the secret itself. It is not enumerable, so that no print of a configuration shows it.
    return { options: Object.freeze(withSecret(options, { clientSecret: secret })) };
  },
  rolesOf: ({ options }) => rolesOfClaims(options),
  dependsOn: ({ options }) => [{ kind: "provider", url: options.issuer }],
  create: ({ options }, _scheme, onWarning, kept) => createExternal(options, { onWarning, kept }),
});

/** Makes the handler of browser log-ins, with its pages. */
export function createExternal(
  options: ExternalOptions,
  {
    kept,
    ...own
  }: {
    readonly onWarning?: OnWarning | undefined;
    readonly platform?: Platform | undefined;
    readonly kept?: KeptProviders | undefined;
  },
): ExternalHandler {
  // A spread leaves the secret out.
  return createExternalHandler({ ...options, ...own, clientSecret: options.clientSecret }, kept);
}
