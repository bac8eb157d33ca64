import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

// Run from dist/test.
const root = fileURLToPath(new URL("../../src/", import.meta.url));

interface Import {
  readonly from: string;
  /** A path inside src, or the name of a package. */
  readonly to: string;
  /** Gone when the code runs. */
  readonly typeOnly: boolean;
}

const files = readdirSync(root, { recursive: true })
  .map((name) => String(name).replaceAll("\\", "/"))
  .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
  .sort();

/** Without comments, so that prose is no code. Strings stay: imports are made of them. */
const codeOf = (name: string): string =>
  readFileSync(join(root, name), "utf8")
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/(^|\s)\/\/.*$/gm, "$1");

function importsOf(from: string): Import[] {
  const code = codeOf(from);
  const found: Import[] = [];
  const statements = /^(?:import|export)\s+(type\s+)?(?:([^;]*?)\s+from\s+)?"([^"]+)"/gm;
  const dynamic = /\b(?:import|require)\(\s*"([^"]+)"\s*\)/g;
  for (const [, type, names = "", target = ""] of code.matchAll(statements)) {
    const bound = names.replace(/[{}\s]/g, " ").split(",");
    const typeOnly = type !== undefined || (names.includes("{") && bound.every((name) => /^\s*(type\s|$)/.test(name)));
    found.push({ from, to: resolve(from, target), typeOnly });
  }
  for (const [, target = ""] of code.matchAll(dynamic))
    found.push({ from, to: resolve(from, target), typeOnly: false });
  return found;
}

const resolve = (from: string, target: string): string =>
  target.startsWith(".") ? normalize(join(dirname(from), target)).replace(/\.js$/, ".ts") : target;

const imports = files.flatMap(importsOf);

/** The folder, which is the step; files beside index.ts are the core's root. */
const stepOf = (name: string): string => (name.includes("/") ? name.slice(0, name.indexOf("/")) : "root");

const isLocal = (to: string): boolean => to.endsWith(".ts");

const core = new Set(["root", "credentials", "handlers", "sessions", "tickets", "policies"]);
const below: Readonly<Record<string, ReadonlySet<string>>> = {
  ...Object.fromEntries([...core].map((step) => [step, new Set([...core, "stores", "wire"])])),
  stores: new Set([...core, "stores"]),
  adapters: new Set([...core, "adapters"]),
  services: new Set([...core, "services", "gen", "wire"]),
  gateway: new Set([...core, "stores", "adapters", "services", "gen", "wire", "gateway"]),
  cli: new Set([...core, "stores", "adapters", "services", "gen", "gateway", "client", "cli", "wire"]),
  client: new Set(["client", "gen", "wire"]),
  wire: new Set(["wire"]),
  gen: new Set(["gen"]),
  testing: new Set([...core, "stores", "adapters", "services", "gen", "client", "testing"]),
};

const told = (found: readonly Import[]): string[] => found.map(({ from, to }) => `${from} → ${to}`);

test("every import of the tree was found", () => {
  assert.ok(files.length > 50 && imports.length > 200, `${files.length} files, ${imports.length} imports`);
  for (const { to } of imports.filter((each) => isLocal(each.to))) {
    assert.ok(files.includes(to) || to.endsWith(".d.ts"), to);
  }
  const written = files.reduce((sum, name) => sum + [...codeOf(name).matchAll(/\bfrom "|^import "/gm)].length, 0);
  assert.ok(imports.length >= written, `${imports.length} of ${written}`);
});

test("dependencies point one way: cli → gateway → services → core ← adapters; client reaches only gen and wire", () => {
  for (const name of files) assert.ok(below[stepOf(name)], `${name} is in a folder that has no place in the order`);
  assert.deepEqual(
    told(imports.filter(({ from, to }) => isLocal(to) && below[stepOf(from)]?.has(stepOf(to)) !== true)),
    [],
  );
});

test("the core imports neither Connect nor a web server nor a store or its driver", () => {
  const allowed = new Set([
    "node:crypto",
    "node:fs",
    "jose",
    "@node-rs/argon2",
    "@node-rs/bcrypt",
    "openid-client",
    "ipaddr.js",
  ]);
  // Nothing of the core needs it: it is an entry of its own.
  const entry = "policies/open-telemetry.ts";
  assert.deepEqual(told(imports.filter(({ to }) => to === entry)), []);
  // The one handler that speaks a protocol of its own over a socket.
  const ofLdap = new Set(["node:events", "node:net", "node:tls", "ldapts"]);
  const inCore = imports.filter(({ from }) => core.has(stepOf(from)) && from !== "policies/open-telemetry.ts");
  assert.deepEqual(
    told(
      inCore.filter(
        ({ from, to }) => !isLocal(to) && !allowed.has(to) && !(from.startsWith("handlers/ldap") && ofLdap.has(to)),
      ),
    ),
    [],
  );
  // Of the stores: the contract, and what guards and purges any of them.
  const anyStore = new Set(["stores/store.ts", "stores/guarded-store.ts", "stores/purge.ts"]);
  assert.deepEqual(told(inCore.filter(({ to }) => stepOf(to) === "stores" && isLocal(to) && !anyStore.has(to))), []);
});

test("drivers and frameworks are each known to one place", () => {
  const place: Readonly<Record<string, RegExp>> = {
    "node:sqlite": /^stores\/sqlite/,
    "@photostructure/sqlite": /^stores\/sqlite/,
    express: /^adapters\/express\.ts$/,
    "on-headers": /^adapters\//,
    "node:http": /^(adapters|gateway|testing)\//,
    "node:http2": /^(adapters|gateway|testing)\//,
    "@connectrpc/connect": /^(adapters\/connect|services\/|client\/|testing\/)/,
    "@connectrpc/connect-node": /^(adapters\/connect|gateway\/handle-request|testing\/|client\/grpc-transport)/,
    undici: /^gateway\/(proxy|upstreams)\.ts$/,
    "ipaddr.js": /^(gateway\/(forwarded|read-listen)|policies\/source)\.ts$/,
    yaml: /^gateway\/config-document\.ts$/,
    ajv: /^gateway\/check-shape\.ts$/,
    commander: /^cli\//,
    dpop: /^client\/proof-key\.ts$/,
    "@opentelemetry/api-logs": /^policies\/open-telemetry\.ts$/,
    ldapts: /^handlers\/ldap/,
    jose: /^handlers\/(jwt|oidc|claim-mapping|external)/,
    "@node-rs/bcrypt": /^handlers\/bcrypt-hash\.ts$/,
    "openid-client": /^handlers\/external-provider\.ts$/,
    "@node-rs/argon2": /^handlers\/password-hash\.ts$/,
  };
  for (const [name, where] of Object.entries(place)) {
    assert.deepEqual(told(imports.filter(({ from, to }) => to === name && !where.test(from))), [], name);
  }
});

test("what client and server share imports no package", () => {
  assert.deepEqual(told(imports.filter(({ from, to }) => stepOf(from) === "wire" && !isLocal(to))), []);
});

test("no file needs, when it runs, a file that needs it", () => {
  const needs = new Map<string, string[]>();
  for (const { from, to, typeOnly } of imports) {
    if (!typeOnly && isLocal(to)) needs.set(from, [...(needs.get(from) ?? []), to]);
  }
  const done = new Set<string>();
  function visit(name: string, path: readonly string[]): void {
    assert.ok(!path.includes(name), `a circle: ${[...path, name].join(" → ")}`);
    if (done.has(name)) return;
    for (const next of needs.get(name) ?? []) visit(next, [...path, name]);
    done.add(name);
  }
  for (const name of files) visit(name, []);
});

test("the client, what it is generated from and what it shares with the server run in a browser", () => {
  const folders = ["client", "gen", "wire"];
  const outside = imports.filter(({ from, to }) => folders.includes(stepOf(from)) && to.startsWith("node:"));
  assert.deepEqual(told(outside), []);
});

const bans: Readonly<Record<string, RegExp>> = {
  "a clock": /\bDate\.now\b|\bnew Date\(\)|\bperformance\b|\bhrtime\b/,
  randomness: /\bMath\.random\b|\brandomBytes\b|\brandomUUID\b|\brandomInt\b|\bgetRandomValues\b|\brandomFill/,
  "a timer": /\bset(Timeout|Interval|Immediate)\b|node:timers/,
};
/** May do it, and why. */
const exceptions: Readonly<Record<string, RegExp>> = {
  "platform.ts": /./, // it is what the others ask
  "client/client-id.ts": /getRandomValues/, // the client reaches only gen
  "client/external-link.ts": /getRandomValues/, // the same
  "client/keep-alive.ts": /setTimeout/, // the client reaches only gen; tests give it another timer
};

for (const [what, pattern] of Object.entries(bans)) {
  test(`${what} is read in platform.ts and nowhere else`, () => {
    const seen = files
      // The exported suites run beside real servers, outside any simulated world.
      .filter((name) => stepOf(name) !== "testing" && stepOf(name) !== "gen")
      .flatMap((name) => [...codeOf(name).matchAll(new RegExp(pattern, "g"))].map(([word]) => ({ name, word })))
      .filter(({ name, word }) => !exceptions[name]?.test(word));
    assert.deepEqual(seen, []);
    assert.ok(pattern.test(codeOf("platform.ts")), "the pattern finds what it bans");
  });
}

test("no file has more than 250 lines", () => {
  const long = files
    .filter((name) => stepOf(name) !== "gen")
    .map((name) => ({ name, lines: readFileSync(join(root, name), "utf8").split("\n").length - 1 }))
    .filter(({ lines }) => lines > 250);
  assert.deepEqual(long, []);
});

test("files are named in kebab case", () => {
  const odd = files.filter(
    (name) => stepOf(name) !== "gen" && !/^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(name),
  );
  assert.deepEqual(odd, []);
});
