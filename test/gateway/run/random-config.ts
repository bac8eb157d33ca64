import type { Random } from "../../../src/testing/random.js";

/** What random configurations and requests have in common. */
export interface Ground {
  /** Of a certificate that `ClientCertificate` takes; `undefined` where none could be made. */
  readonly certificateKey: string | undefined;
  /** Options of a listener with TLS that asks for certificates, as the file spells them. */
  readonly tls: string | undefined;
  /** The SHA-256 of the key that the scheme `Key` takes. */
  readonly keySha256: string;
}

export const cookieNames = ["deephaven", "sps"] as const;

export const paths = ["/", "/api", "/api/v1", "/api/v1/x", "/open", "/o,p", "/%C3%A9", "/io.x.v1.Service"] as const;

export const hosts = ["gate.example", "api.example", "[::1]"] as const;

const hostPatterns = [...hosts, "*.example"];

export const pagesPath = "/external";

/** Of the pages that `cors` may allow. */
export const pageOrigin = "https://app.example";

const chance = (random: Random, percent: number): boolean => random.int(100) < percent;

/** A configuration that will start: its handlers, services, trust and routes are left to chance. */
export function randomConfig(random: Random, ground: Ground): string {
  const trusted = random.pick(["[]", "[127.0.0.0/8]", "[10.0.0.0/8, 127.0.0.1]", "['fd00:1::/64']"]);
  const identity = () => random.pick(["headers", "headers", "none"]);
  const { handlers, schemes } = randomHandlers(random, ground);
  const plain = "{ address: 127.0.0.1:8080 }";
  const encrypted = `{ address: 127.0.0.1:8443, tls: { ${ground.tls} } }`;
  // A handler of certificates wants a listener that asks for them.
  const listen = ground.tls === undefined ? [plain] : random.pick([[encrypted], [plain, encrypted]]);
  return `
realm: agree
listen: [${listen.join(", ")}]
keys: { file: ./keys.json }
store: { sqlite: ./sallyport.db }
throttle: { off: true }
log: { level: silent }
nestedSchemes: ${chance(random, 30)}
${chance(random, 30) ? "aliases: { org.example.KeyHandler: Key }" : ""}
trustedProxies: ${trusted}
handlers:
${handlers.map((handler) => `  ${handler}`).join("\n")}
services: { ${randomServices(random)} }
${chance(random, 40) ? `cors: { origins: [${pageOrigin}] }` : ""}
routes:
${randomRoutes(random, schemes)}
upstreams:
  app: { url: "http://127.0.0.1:3000", identity: ${identity()} }
  other: { url: "http://127.0.0.1:3001", identity: ${identity()} }
`;
}

interface Handlers {
  readonly handlers: readonly string[];
  readonly schemes: readonly string[];
}

function randomHandlers(random: Random, { certificateKey, keySha256 }: Ground): Handlers {
  const rule = `{ san: email, value: ada@example.org, subject: ada, roles: [user], keys: [${certificateKey}] }`;
  const all: readonly (readonly [scheme: string, percent: number, text: string])[] = [
    ["Key", 100, `{ keys: { robot: { sha256: ${keySha256}, roles: [${random.pick(["", "user", "user, admin"])}] } } }`],
    ["ApiKey", 50, "{ apiKeys: ./api-keys.jsonl }"],
    ["Bearer", 40, "{ apiKeys: ./api-keys.jsonl }"],
    ["Anonymous", 30, "{ anonymous: { subject: guest } }"],
    ["ClientCertificate", certificateKey === undefined ? 0 : 50, `{ certificates: [${rule}] }`],
    [
      "External",
      30,
      `{ external: { issuer: "https://idp.example", clientId: x, url: "https://gate.example${pagesPath}" } }`,
    ],
  ];
  const chosen = all.filter(([, percent]) => chance(random, percent));
  return {
    handlers: chosen.map(([scheme, , text]) => `${scheme}: ${text}`),
    schemes: chosen.map(([scheme]) => scheme),
  };
}

function randomServices(random: Random): string {
  const cookie = random.pick(["", `cookie: ${random.pick(cookieNames)}`]);
  const services = [`flight: { ${cookie} }`, "deephavenCore: {}", "deephavenEnterprise: {}"];
  return services.filter(() => chance(random, 50)).join(", ");
}

function randomRoutes(random: Random, schemes: readonly string[]): string {
  const routes = new Map<string, string>();
  for (let left = 1 + random.int(6); left > 0; left -= 1) {
    const path = chance(random, 40) ? "/" : random.pick(paths);
    const host = chance(random, 30) ? random.pick(hostPatterns) : undefined;
    const isProcedure = path.includes(".") && chance(random, 50);
    const methods = chance(random, 20) ? random.pick(["[GET]", "[POST, PUT]"]) : undefined;
    const match = [
      isProcedure ? `procedure: "${path.slice(1)}${random.pick(["/*", "/Call"])}"` : `path: "${path}"`,
      ...(host === undefined ? [] : [`host: "${host}"`]),
      ...(methods === undefined ? [] : [`methods: ${methods}`]),
    ].join(", ");
    const asks = random.pick([
      `anonymous: ${path === "/" ? "everything" : "true"}`,
      "roles: [user]",
      "roles: [admin, other]",
      "scopes: [deploy]",
      "scopes: [deploy, read]",
      `schemes: [${random.pick(schemes)}]`,
      "acr: [mfa]",
      "maxAge: 1d",
      "forwardAuthorization: false",
    ]);
    const more = !asks.startsWith("forward") && chance(random, 30) ? ["forwardAuthorization: true"] : [];
    const cors = chance(random, 20) ? `, cors: { origins: [${random.pick(["", pageOrigin])}] }` : "";
    const upstream = random.pick(["app", "other"]);
    const options = [...more, ...randomOptions(random, path)].join(", ");
    routes.set(match, `  - { match: { ${match} }, ${asks}, upstream: ${upstream}${cors}, ${options} }`);
  }
  return [...routes.values()].join("\n");
}

/** What changes nothing in who may pass, or is about the address. */
function randomOptions(random: Random, path: string): readonly string[] {
  const all = [
    "ambiguousPaths: true",
    path === "/" ? "addPrefix: /v2" : `stripPrefix: "${path}"`,
    "requestHeaders: { set: { X-Tenant: acme }, remove: [Cookie] }",
    "responseHeaders: { set: { X-Frame-Options: DENY } }",
    "networks: [127.0.0.0/8, 10.0.0.0/8]",
  ];
  return all.filter(() => chance(random, 20));
}
