import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ConnectError } from "@connectrpc/connect";
import { AuthError } from "../src/base/errors.js";
import { createAuth } from "../src/engine/auth.js";
import { basic } from "../src/handlers/password/basic.js";
import { memory } from "../src/stores/memory/memory.js";
import { closest } from "../src/wire/closest.js";

// Run from dist/test.
const root = fileURLToPath(new URL("../../", import.meta.url));
const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  readonly exports: Readonly<Record<string, string>>;
};

// biome-ignore lint/suspicious/noExplicitAny: plain JavaScript, which no compiler checks
type Factory = (...values: readonly any[]) => unknown;

interface Row {
  /** The arguments, of which `options` is the one under test. */
  readonly call: (make: Factory, options: unknown) => unknown;
  /** Options that are all right, as far as names and kinds go. */
  readonly good: Readonly<Record<string, unknown>>;
  /** An option, and a value of a kind that it cannot have. */
  readonly wrong: readonly [name: string, value: unknown];
  /** The same call without the argument `auth`. */
  readonly without?: ((make: Factory) => unknown) | undefined;
}

const verify = () => undefined;
const auth = createAuth({ handlers: [basic({ verify })], store: memory() });
after(() => auth.close());

const no = () => undefined;
const withAuth = (...middle: unknown[]): Pick<Row, "call" | "without"> => ({
  call: (make, options) => make(auth, ...middle, options),
  without: (make) => make(undefined, ...middle),
});
const alone: Row["call"] = (make, options) => make(options);
const behindPath: Row["call"] = (make, options) => make("/nonexistent/file", options);

/** Every factory that takes options, by the entry that exports it. */
const rows: Readonly<Record<string, Row>> = {
  "./createAuth": {
    call: alone,
    good: { handlers: [basic({ verify })], store: memory() },
    wrong: ["handlers", "basic"],
    without: (make) => make(),
  },
  "./anonymous": { call: alone, good: { identity: { subject: "guest" } }, wrong: ["scheme", 7] },
  "./apiKey": { call: alone, good: { keys: no }, wrong: ["toIdentity", {}] },
  "./apiKeyFile": { call: behindPath, good: {}, wrong: ["onWarning", "log"] },
  "./authorizedKeys": { call: behindPath, good: {}, wrong: ["roles", "user"] },
  "./basic": { call: alone, good: { verify }, wrong: ["accountName", "ada"] },
  "./clientCertificate": { call: alone, good: { rules: no }, wrong: ["platform", 1] },
  "./createApiKey": { call: alone, good: { name: "ci" }, wrong: ["expiresAt", "tomorrow"] },
  "./addApiKey": { call: (make, options) => make("/nonexistent/file", {}, options), good: {}, wrong: ["platform", 1] },
  "./revokeApiKey": {
    call: (make, options) => make("/nonexistent/f", "id", options),
    good: {},
    wrong: ["platform", 1],
  },
  "./external": { call: alone, good: {}, wrong: ["sameAddress", "no"] },
  "./htpasswdFile": { call: behindPath, good: {}, wrong: ["roles", "user"] },
  "./userFile": { call: behindPath, good: {}, wrong: ["concurrentHashes", "2"] },
  "./jsonLines": { call: behindPath, good: {}, wrong: ["fsync", "yes"] },
  "./jwt": { call: alone, good: {}, wrong: ["clockToleranceMs", "5s"] },
  "./oidc": { call: alone, good: {}, wrong: ["opens", "sessions"] },
  "./ldap": { call: alone, good: { url: "ldaps://d", users: { dn: "uid={user},dc=x" } }, wrong: ["startTls", "yes"] },
  "./keyFile": { call: behindPath, good: {}, wrong: ["create", "yes"] },
  "./revokeKeyFile": {
    call: (make, options) => make("/nonexistent/f", "all", options),
    good: {},
    wrong: ["platform", 1],
  },
  "./rotateKeyFile": { call: behindPath, good: {}, wrong: ["keepMs", "7d"] },
  "./operateAsRules": { call: alone, good: { identify: no, rules: [] }, wrong: ["rules", {}] },
  "./preSharedKey": { call: alone, good: { keys: {} }, wrong: ["scheme", 1] },
  "./privateKey": { call: alone, good: { keys: no }, wrong: ["rawChallenges", "yes"] },
  "./client/AuthClient": { call: alone, good: { baseUrl: "http://a" }, wrong: ["keepAlive", "always"] },
  "./client/createAuthFetch": { call: alone, good: { baseUrl: "http://a", bearer: {} }, wrong: ["fetch", {}] },
  "./client/createBearer": { call: alone, good: {}, wrong: ["onToken", {}] },
  "./client/createProofKey": { call: alone, good: {}, wrong: ["delay", 5] },
  "./connect/connectAuth": { ...withAuth(() => no), good: { routes: no }, wrong: ["routes", {}] },
  "./cors/expressCors": { call: alone, good: { origins: [] }, wrong: ["origins", "*"] },
  "./cors/nodeCors": { call: (make, options) => make(no, options), good: { origins: [] }, wrong: ["methods", "GET"] },
  "./deephaven/deephavenCoreServices": { ...withAuth(), good: {}, wrong: ["authHandlers", "a.B"] },
  "./deephaven/flightServices": { ...withAuth(), good: {}, wrong: ["keepOpen", "yes"] },
  "./deephaven-enterprise/enterpriseRoutes": { ...withAuth(), good: {}, wrong: ["delegateServices", "pq"] },
  "./express/expressAuth": { ...withAuth(), good: {}, wrong: ["roles", "admin"] },
  "./koa/koaAuth": { ...withAuth(), good: {}, wrong: ["anonymous", "yes"] },
  "./node/nodeAuth": { ...withAuth(no), good: {}, wrong: ["stepUp", 300] },
  "./node/createH2cServer": { call: (make, options) => make(no, options), good: {}, wrong: ["http2", 1] },
  "./node/externalPages": { ...withAuth({ url: "http://a/b", scheme: "x" }), good: {}, wrong: ["trustProxy", true] },
  "./grpc/grpcAuth": { ...withAuth([]), good: {}, wrong: ["trustProxy", true] },
  "./services/authRoutes": { ...withAuth(), good: {}, wrong: ["servicesOf", ["a"]] },
  "./memory/memory": { call: alone, good: {}, wrong: ["platform", 1] },
  "./sqlite/sqlite": { call: (make, options) => make(":memory:", options), good: {}, wrong: ["busyMs", "5s"] },
  "./otel/openTelemetryLogs": { call: alone, good: {}, wrong: ["logger", "x"] },
  "./gateway/parseConfig": {
    call: (make, options) => make("", options),
    good: { file: "f" },
    wrong: ["environment", "x"],
  },
  "./gateway/explainRequest": { call: (make, options) => make({}, {}, options), good: {}, wrong: ["from", 4] },
  "./gateway/serveFile": { call: behindPath, good: {}, wrong: ["onReloadAsked", {}] },
  "./gateway/startGateway": { call: (make, options) => make({}, options), good: {}, wrong: ["reload", {}] },
  "./testing/describeHandler": {
    call: (make, options) => make("x", options),
    good: { create: no, good: [], bad: [], stalled: "answers at once" },
    wrong: ["rounds", "200"],
  },
  "./testing/describeStore": {
    call: (make, options) => make("x", options),
    good: { create: no },
    wrong: ["clock", "mine"],
  },
};

/** What takes no options: a text, a function, a request. */
const others: ReadonlySet<string> = new Set([
  ...["./AuthError", "./chain", "./hashPassword", "./hashPreSharedKey", "./quoteString", "./randomKeys"],
  ...["./requirePublicKey", "./client/AuthenticationFailedError", "./client/createBearerInterceptor"],
  ...["./client/createExternalLink", "./client/createTokenHolder", "./client/parseToken", "./client/toTicketProtocol"],
  ...["./gateway/loadConfig", "./gateway/parseRawRequest", "./gateway/toFaultText"],
  ...["./node/continueAuth", "./node/toAuthRequest", "./node/toDenialResponse", "./node/writeDenial"],
  ...["./store/coveringMark", "./store/isOver", "./store/removableAt", "./store/toFirstRow", "./store/toNextRow"],
  ...["./testing/describeAdapter", "./testing/describeAdapters", "./testing/serveSuiteRoutes"],
]);

const factories = new Map<string, Factory>();
for (const [entry, path] of Object.entries(exports)) {
  if (!path.endsWith(".js")) continue;
  const loaded = (await import(pathToFileURL(join(root, path)).href)) as Readonly<Record<string, unknown>>;
  for (const [name, value] of Object.entries(loaded)) {
    const make = value as Factory & (new (options: unknown) => unknown);
    if (typeof value !== "function") continue;
    factories.set(`${entry}/${name}`.replace(/^\.\//, "./"), name === "AuthClient" ? (given) => new make(given) : make);
  }
}

test("every function of every entry is in one of the two lists", () => {
  const known = [...Object.keys(rows), ...others].sort();
  assert.deepEqual([...factories.keys()].sort(), known);
});

/** What was thrown, or rejected with. */
async function faultOf(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    assert.ok(error instanceof AuthError || error instanceof ConnectError, String(error));
    return error.message;
  }
  return "no fault";
}

for (const [key, { call, good, wrong, without }] of Object.entries(rows)) {
  const name = key.replace(/.*\//, "");
  const make: Factory = (...values) => (factories.get(key) as Factory)(...values);

  test(`${name} refuses an option that does not exist, one of another kind, and no options at all`, async () => {
    const [option, value] = wrong;
    const misspelt = `${option}X`;
    assert.equal(closest(misspelt, [option]), option);
    const unknown = await faultOf(() => call(make, { ...good, [misspelt]: value }));
    assert.match(unknown, new RegExp(`there is no option ${misspelt}; did you mean "${option}"\\?$`));
    const kind = await faultOf(() => call(make, { ...good, [option]: value }));
    assert.match(kind, new RegExp(`${option} must be `));
    assert.match(await faultOf(() => call(make, null)), /must be an object, not null|needs |is missing/);
    if (without !== undefined) {
      assert.match(
        await faultOf(() => without(make)),
        /needs auth as its first argument|must be an object, not undefined/,
      );
    }
  });
}

test("a list with an item of another kind is told by that item", async () => {
  const guard = factories.get("./express/expressAuth") as Factory;
  const fault = await faultOf(() => guard(auth, { roles: ["admin", 7] }));
  assert.equal(fault, "expressAuth: roles must be a list of texts, not of a number");
});

test("a Connect adapter that was called already is refused with what to pass", async () => {
  const front = factories.get("./connect/connectAuth") as Factory;
  assert.match(await faultOf(() => front(auth, no)), /pass connectNodeAdapter itself, and not what it returns/);
});

test("an option inside another is named by its path", async () => {
  const handlers = [basic({ verify })];
  const fault = await faultOf(() => createAuth({ handlers, store: memory(), carriers: { cokie: {} } as never }));
  assert.equal(fault, 'createAuth: there is no option carriers.cokie; did you mean "cookie"?');
  const throttle = await faultOf(() => createAuth({ handlers, store: memory(), throttle: { maxFailure: 3 } as never }));
  assert.equal(throttle, 'throttle: there is no option maxFailure; did you mean "maxFailures"?');
});

test("a step-up that names nothing lets no caller in: it is refused when the guard is made", async () => {
  const guard = factories.get("./express/expressAuth") as Factory;
  assert.match(
    await faultOf(() => guard(auth, { stepUp: { maxAge: 300 } })),
    /no option maxAge; did you mean "maxAgeMs"/,
  );
  assert.match(await faultOf(() => guard(auth, { roles: [] })), /roles must name at least one role/);
  assert.match(await faultOf(() => guard(auth, { scopes: ["a b"] })), /scopes must be a list of words/);
});

test("an option that a copy of its object would lose is refused: the guard of a procedure, the mapping of a token", async () => {
  const connect = factories.get("./connect/connectAuth") as Factory;
  const oidc = factories.get("./oidc") as Factory;
  class Guarded {
    readonly routes = no;
    get scopes() {
      return ["orders:write"];
    }
  }
  class Mapped {
    readonly issuer = "https://idp.example";
    readonly audience = "orders";
    toIdentity() {
      return null;
    }
  }
  const hidden = Object.defineProperty({ routes: no }, "roles", { value: "admin" });
  const lost = /(scopes|toIdentity) is inherited, .* write it into a plain object/;
  assert.match(await faultOf(() => connect(auth, () => no, new Guarded())), lost);
  assert.match(await faultOf(() => connect(auth, () => no, Object.create({ routes: no, scopes: ["a"] }))), lost);
  assert.match(await faultOf(() => connect(auth, () => no, hidden)), /roles must be a list of texts/);
  assert.match(await faultOf(() => oidc(new Mapped())), lost);
  // Frozen, without a prototype, or of a class that keeps them as its own: these are read like any other.
  const bare = Object.assign(Object.create(null) as object, { routes: no, scopes: ["a"] });
  class Own {
    readonly routes = no;
    readonly scopes = ["a"];
  }
  for (const good of [Object.freeze(bare), new Own()]) assert.equal(typeof connect(auth, () => no, good), "function");
  // A user file is taken as it is, of whatever class.
  class Users {
    verify() {
      return undefined;
    }
  }
  assert.equal(basic(new Users()).scheme, "Basic");
});
