import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

// Run from dist/test.
const root = fileURLToPath(new URL("../../", import.meta.url));

interface Package {
  readonly exports: Readonly<Record<string, string>>;
}
const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Package;
const subpaths = Object.entries(exports).filter(([subpath]) => !subpath.endsWith(".json"));

/** What a user may import: values, and types with a * before them. A name that comes or goes is a decision. */
const expected: Readonly<Record<string, readonly string[]>> = {
  ".": [
    "*AccountReset",
    "*Actor",
    "*Allowed",
    "*Anonymous",
    "*AnonymousOptions",
    "*ApiKeyEditOptions",
    "*ApiKeyFileOptions",
    "*ApiKeyIdentity",
    "*ApiKeyOptions",
    "*ApiKeyRecord",
    "*ApiKeySource",
    "*AuditEventKind",
    "*AuditOptions",
    "*AuditRecord",
    "*AuditSink",
    "*Auth",
    "*AuthErrorCode",
    "*AuthEvent",
    "*AuthFront",
    "*AuthOptions",
    "*AuthRequest",
    "*AuthenticateOptions",
    "*AuthorizedKeyIdentity",
    "*AuthorizedKeysOptions",
    "*Awaitable",
    "*BasicOptions",
    "*BeginOperateAs",
    "*BreakerState",
    "*Caller",
    "*CallerSlot",
    "*CarrierOptions",
    "*CertificateFields",
    "*CertificateNames",
    "*CertificateRule",
    "*ClaimMapping",
    "*ClaimPath",
    "*ClientCertificateIdentity",
    "*ClientCertificateOptions",
    "*Confirmation",
    "*CookieOptions",
    "*CreateApiKeyOptions",
    "*Decision",
    "*Denial",
    "*DenialCode",
    "*DenialReason",
    "*EndedBy",
    "*EventOrigin",
    "*EventParty",
    "*ExternalHandler",
    "*ExternalOptions",
    "*ForwardedCertificateField",
    "*Grant",
    "*Handler",
    "*HandlerContext",
    "*HeaderFields",
    "*HtpasswdFileOptions",
    "*Identity",
    "*IdentityOf",
    "*IssuedNumber",
    "*IssuedTicket",
    "*Json",
    "*JsonLinesOptions",
    "*JsonLinesSink",
    "*JwtIdentity",
    "*JwtOptions",
    "*KeyAlgorithm",
    "*KeyFileOptions",
    "*KeyOwner",
    "*KeyRing",
    "*KeySource",
    "*KeysRevoked",
    "*LdapDirectory",
    "*LdapGroups",
    "*LdapIdentity",
    "*LdapOptions",
    "*LineStream",
    "*LogInContext",
    "*LogInCredentials",
    "*LogInOutcome",
    "*Offer",
    "*OidcIdentity",
    "*OidcOptions",
    "*OnEvent",
    "*OneTimeProofs",
    "*OpenContext",
    "*OperateAsPolicy",
    "*OperateAsRequest",
    "*OperateAsRule",
    "*OperateAsRulesOptions",
    "*OperateAsWish",
    "*Outside",
    "*Peer",
    "*Platform",
    "*PreSharedKey",
    "*PreSharedKeyIdentity",
    "*PreSharedKeyOptions",
    "*PrivateKeyOptions",
    "*PublicKey",
    "*RedeemedTicket",
    "*RefusedTicket",
    "*RequestOrigin",
    "*RevokeKeyFileOptions",
    "*RevokedKey",
    "*RotateKeyFileOptions",
    "*SealedReading",
    "*SealedSlots",
    "*Session",
    "*SessionOpened",
    "*SessionSummary",
    "*Sessions",
    "*SigningKey",
    "*StepUp",
    "*Target",
    "*ThrottleOptions",
    "*TicketMisuse",
    "*TicketRefusal",
    "*TicketRequest",
    "*Tickets",
    "*UserFile",
    "*UserFileIdentity",
    "*UserFileOptions",
    "*Verdict",
    "AuthError",
    "addApiKey",
    "anonymous",
    "apiKey",
    "apiKeyFile",
    "authorizedKeys",
    "basic",
    "chain",
    "clientCertificate",
    "createApiKey",
    "createAuth",
    "declined",
    "external",
    "hashPassword",
    "hashPreSharedKey",
    "htpasswdFile",
    "jsonLines",
    "jwt",
    "keyFile",
    "ldap",
    "oidc",
    "operateAsRules",
    "preSharedKey",
    "privateKey",
    "quoteString",
    "randomKeys",
    "rejected",
    "requirePublicKey",
    "revokeApiKey",
    "revokeKeyFile",
    "rotateKeyFile",
    "systemPlatform",
    "unavailable",
    "userFile",
  ],
  "./client": [
    "*AuthClientOptions",
    "*AuthFetchOptions",
    "*Bearer",
    "*BearerCall",
    "*BearerOptions",
    "*ClientAsOptions",
    "*Delay",
    "*ExternalLink",
    "*LogIn",
    "*PrivateKeyLogInOptions",
    "*PrivateKeySource",
    "*ProofKey",
    "*ProofKeyOptions",
    "*ProvenCall",
    "*RedeemedToken",
    "*ServiceToken",
    "*ServiceTokenOptions",
    "*TokenHolder",
    "*TokenParts",
    "*TransportOptions",
    "*WebCryptoKey",
    "AuthClient",
    "AuthenticationFailedError",
    "createAuthFetch",
    "createBearer",
    "createBearerInterceptor",
    "createExternalLink",
    "createProofKey",
    "createTokenHolder",
    "parseToken",
    "toTicketProtocol",
  ],
  "./connect": ["*ConnectAuthListener", "*ConnectAuthOptions", "connectAuth"],
  "./cors": ["*CorsOptions", "corsAllowedHeaders", "corsExposedHeaders", "expressCors", "nodeCors"],
  "./deephaven": ["*DeephavenCoreOptions", "*FlightOptions", "*RpcService", "deephavenCoreServices", "flightServices"],
  "./deephaven-enterprise": ["*EnterpriseOptions", "enterpriseRoutes"],
  "./express": ["*Authorize", "*GuardOptions", "expressAuth"],
  "./gateway": [
    "*AddressConfig",
    "*ConfigFault",
    "*ExplainOptions",
    "*Explanation",
    "*Gateway",
    "*GatewayConfig",
    "*GatewayOptions",
    "*ParseConfigOptions",
    "*ParsedConfig",
    "*RawRequest",
    "*RestartPart",
    "*ServeFileOptions",
    "*Served",
    "configSchema",
    "explainRequest",
    "loadConfig",
    "parseConfig",
    "parseRawRequest",
    "serveFile",
    "startGateway",
    "toFaultText",
  ],
  "./grpc": ["*GrpcAuthListener", "*GrpcAuthOptions", "grpcAuth"],
  "./koa": ["*Authorize", "*GuardOptions", "koaAuth"],
  "./memory": ["*MemoryOptions", "memory"],
  "./otel": ["*OpenTelemetryLogsOptions", "openTelemetryLogs"],
  "./node": [
    "*Authorize",
    "*DenialResponse",
    "*ExternalPagesOptions",
    "*GuardOptions",
    "*H2cServerOptions",
    "*NodeRequest",
    "*NodeResponse",
    "*TrustProxy",
    "continueAuth",
    "createH2cServer",
    "externalPages",
    "nodeAuth",
    "toAuthRequest",
    "toDenialResponse",
    "writeDenial",
  ],
  "./services": ["*AuthRoutesOptions", "authRoutes"],
  "./sqlite": ["*SqliteOptions", "sqlite"],
  "./store": [
    "*EndEvent",
    "*EndMark",
    "*NewSession",
    "*OpenReading",
    "*ProofKind",
    "*Reading",
    "*RecordKind",
    "*RecordReading",
    "*RotationPolicy",
    "*SealedReading",
    "*SealedStore",
    "*SessionCaps",
    "*SessionChange",
    "*SessionQuery",
    "*SessionRow",
    "*SessionRules",
    "*SessionState",
    "*Store",
    "*Watch",
    "coveringMark",
    "isOver",
    "maxLoginMs",
    "maxReadingAgeMs",
    "maxRecords",
    "removableAt",
    "toFirstRow",
    "toNextRow",
  ],
  "./testing": [
    "*AdapterCase",
    "*AdapterServer",
    "*HandlerEdits",
    "*HandlerSuiteOptions",
    "*StoreSuiteOptions",
    "*StoreUnderTest",
    "describeAdapter",
    "describeAdapters",
    "describeHandler",
    "describeStore",
    "serveSuiteRoutes",
  ],
};

interface Named {
  readonly name: string;
  readonly isType: boolean;
  /** The declaration file in which it is declared. */
  readonly file: string;
  readonly declared: string;
}

/** The names of a declaration file, re-exports followed. */
function namesOf(file: string): Named[] {
  const text = readFileSync(file, "utf8");
  const names: Named[] = [];
  for (const [, type, list = "", from] of text.matchAll(/^export (type )?\{([^}]*)\}(?: from "([^"]+)")?;/gm)) {
    for (const item of list.split(",").map((each) => each.trim())) {
      const match = /^(type )?(\w+)(?: as (\w+))?$/.exec(item);
      if (match === null) continue;
      const [, ownType, declared = "", name = declared] = match;
      const target = from === undefined ? file : join(dirname(file), from.replace(/\.js$/, ".d.ts"));
      const origin = namesOf(target).find((each) => each.name === declared);
      names.push({
        ...(origin ?? { file: target, declared }),
        name,
        isType: Boolean(type ?? ownType) || origin?.isType === true,
      });
    }
  }
  for (const [, from = ""] of text.matchAll(/^export \* from "([^"]+)";/gm)) {
    names.push(...namesOf(join(dirname(file), from.replace(/\.js$/, ".d.ts"))));
  }
  const declarations = /^export (?:declare )?(interface|type|const|function|class|abstract class) (\w+)/gm;
  for (const [, kind, name = ""] of text.matchAll(declarations)) {
    names.push({ name, declared: name, isType: kind === "interface" || kind === "type", file });
  }
  return names;
}

const declarationOf = (path: string): string => join(root, path.replace(/\.js$/, ".d.ts"));

for (const [subpath, path] of subpaths) {
  test(`${subpath} exports what the list says`, async () => {
    const names = namesOf(declarationOf(path));
    const listed = [...new Set(names.map(({ name, isType }) => (isType ? `*${name}` : name)))].sort();
    assert.deepEqual(listed, expected[subpath]);
    const values = Object.keys((await import(join(root, path))) as object).sort();
    assert.deepEqual(
      values,
      listed.filter((name) => !name.startsWith("*")),
    );
  });

  test(`each name of ${subpath} says what it is for`, () => {
    const silent = namesOf(declarationOf(path)).filter(({ file, declared }) => {
      const text = readFileSync(file, "utf8");
      const at = text.search(
        new RegExp(`^(export )?(declare )?(interface|type|const|function|class) ${declared}\\b`, "m"),
      );
      assert.ok(at >= 0, `${declared} in ${file}`);
      return !text.slice(0, at).trimEnd().endsWith("*/");
    });
    assert.deepEqual([...new Set(silent.map(({ name }) => name))].sort(), []);
  });
}

test("every subpath of the package is in the list", () => {
  assert.deepEqual(subpaths.map(([subpath]) => subpath).sort(), Object.keys(expected).sort());
});
