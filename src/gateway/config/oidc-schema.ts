import { duration, flag, list, mapOf, object, type Schema, text } from "./schema.js";

type Roles = (description: string) => Schema;

const audience = text("the audience: what `aud` must contain", "`aud` must be or contain this.");

const algorithms = (fallback: string): Schema =>
  list(
    text("an algorithm, such as ES256", "An asymmetric algorithm."),
    "a list of algorithms, such as [ES256]",
    `What a token may be signed with. ${fallback}`,
  );

const claim = (description: string): Schema => ({
  type: ["string", "array"],
  minLength: 1,
  minItems: 1,
  items: text("the name of a claim", "A name."),
  title: "the name of a claim, such as groups or realm_access.roles, or a list of names",
  description,
});

const claimSchemas = (roles: Roles): Record<string, Schema> => ({
  subjectClaim: claim("The claim that is the subject. Default: `sub`. With `email`, `email_verified` must be true."),
  rolesClaim: claim("The claim that holds roles or groups, a list of strings. Default: no roles."),
  groupRoles: mapOf(
    roles("The roles that this group gives."),
    { minLength: 1, title: "the name of a group" },
    "an object with a list of roles for each group",
    "The roles that groups of `rolesClaim` give; a group that is not here gives none. Default: each is a role of its name.",
  ),
});

/** What checks tokens that others have made. */
export const tokenSchemas = (roles: Roles): Record<"jwt" | "oidc", Schema> => ({
  jwt: object(
    {
      issuer: text("the issuer: what `iss` must be", "`iss` must be exactly this."),
      audience,
      jwks: text(
        "the https URL of the issuer's keys",
        "Where the issuer publishes its keys. Default: the issuer's `/.well-known/jwks.json`.",
      ),
      algorithms: algorithms("Default: every asymmetric algorithm."),
      ...claimSchemas(roles),
    },
    ["issuer", "audience"],
    "For `Bearer`: JSON Web Tokens of one issuer. It never sees Sallyport's own tokens.",
  ),
  oidc: object(
    {
      issuer: text(
        "the https URL of the provider, as it names itself",
        "The provider, to the last slash. Keys and algorithms come from its `/.well-known/openid-configuration`.",
      ),
      audience,
      algorithms: algorithms("Default: the asymmetric ones that the provider lists."),
      type: text("a type, such as at+jwt", "The `typ` that a token must have. Default: `JWT`, `at+jwt` or none."),
      opens: {
        type: "string",
        enum: ["nothing", "session"],
        title: "nothing or session",
        default: "nothing",
        description:
          "`session`: the token is a log-in, and the answer offers a session that ends with it at the latest.",
      },
      ...claimSchemas(roles),
    },
    ["issuer", "audience"],
    "For `Bearer`: access tokens of an OpenID provider.",
  ),
});

export const externalSchema = (secret: (note: string) => Schema, roles: Roles): Schema =>
  object(
    {
      issuer: text(
        "the https URL of the provider, as it names itself",
        "The provider, to the last slash. The rest comes from its `/.well-known/openid-configuration`.",
      ),
      clientId: text("the id of a client", "Who we are at the provider."),
      clientSecret: secret("Our secret at the provider. Default: none, as a public client."),
      url: text(
        "the https URL of our pages, such as https://gate.example/external",
        "Where our pages are, as browsers see them. The gateway answers `/login`, `/callback` and `/confirm` below its path, on " +
          "every listener; register `<url>/callback` at the provider.",
      ),
      scope: {
        ...text("words, openid among them", "What to ask the provider for. Names and groups often need more."),
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
      ...claimSchemas(roles),
    },
    ["issuer", "clientId", "url"],
    "For `External`: a log-in in the browser, at an OpenID provider, that a waiting program picks up. Needs the package " +
      "`openid-client`.",
  );
