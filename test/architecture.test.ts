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

/**
 * The one list of the order: a room may use those on the lines above its own, types included, and no other. Rooms on one
 * line do not know each other.
 */
const floors: readonly (readonly string[])[] = [
  ["wire", "gen"],
  ["base"],
  ["model"],
  ["credentials"],
  ["keys"],
  ["binding"],
  ["handlers"],
  ["sessions"],
  ["policies"],
  ["tickets"],
  ["engine"],
  ["adapters", "services", "stores", "client", "index.ts"],
  ["gateway", "testing"],
  ["cli"],
];

/** The same inside the gateway. */
const gatewayFloors: readonly (readonly string[])[] = [
  ["route", "listen"],
  ["forward", "own"],
  ["admit", "translate"],
  ["config"],
  ["observe"],
  ["run"],
  ["index.ts"],
];

/** Rooms that reach less than what lies below them. */
const only: Readonly<Record<string, readonly string[]>> = {
  wire: [],
  gen: [],
  base: ["wire"],
  client: ["wire", "gen"],
};

/** The part of a path at `depth`: a folder, or a file that lies beside folders. */
const roomOf = (name: string, depth = 0): string => name.split("/")[depth] ?? "";

const isLocal = (to: string): boolean => to.endsWith(".ts");

const floorOf = (order: readonly (readonly string[])[], room: string): number =>
  order.findIndex((rooms) => rooms.includes(room));

/** Imports between rooms that the order does not allow. */
function upwards(order: readonly (readonly string[])[], depth: number, within: readonly Import[]): readonly Import[] {
  return within.filter(({ from, to }) => {
    const [above, below] = [roomOf(from, depth), roomOf(to, depth)];
    if (above === below) return false;
    const allowed = depth === 0 ? only[above] : undefined;
    return allowed !== undefined ? !allowed.includes(below) : floorOf(order, below) >= floorOf(order, above);
  });
}

const core = new Set(
  ["base", "model", "credentials", "keys", "binding", "handlers", "sessions", "policies"].concat("tickets", "engine"),
);

const told = (found: readonly Import[]): string[] => found.map(({ from, to }) => `${from} → ${to}`);

test("every import of the tree was found", () => {
  assert.ok(files.length > 50 && imports.length > 200, `${files.length} files, ${imports.length} imports`);
  for (const { to } of imports.filter((each) => isLocal(each.to))) {
    assert.ok(files.includes(to) || to.endsWith(".d.ts"), to);
  }
  const written = files.reduce((sum, name) => sum + [...codeOf(name).matchAll(/\bfrom "|^import "/gm)].length, 0);
  assert.ok(imports.length >= written, `${imports.length} of ${written}`);
});

test("every arrow between rooms points down the list, types included", () => {
  const local = imports.filter(({ to }) => isLocal(to));
  assert.deepEqual(
    [...new Set(files.map((name) => roomOf(name)))].filter((room) => floorOf(floors, room) < 0),
    [],
  );
  assert.deepEqual(told(upwards(floors, 0, local)), []);

  const inGateway = ({ from, to }: Import) => roomOf(from) === "gateway" && roomOf(to) === "gateway";
  const rooms = new Set(files.filter((name) => roomOf(name) === "gateway").map((name) => roomOf(name, 1)));
  assert.deepEqual(
    [...rooms].filter((room) => floorOf(gatewayFloors, room) < 0),
    [],
  );
  assert.deepEqual(told(upwards(gatewayFloors, 1, local.filter(inGateway))), []);
});

test("the list of rooms names none that is gone", () => {
  const gone = floors.flat().filter((room) => !files.some((name) => roomOf(name) === room));
  const inside = gatewayFloors.flat().filter((room) => !files.some((name) => name.startsWith(`gateway/${room}`)));
  assert.deepEqual([...gone, ...inside], []);
});

test("docs/concepts.md draws the rooms as they are: every arrow that does not follow from others", () => {
  const uses = new Map<string, Set<string>>();
  for (const { from, to } of imports.filter((each) => isLocal(each.to))) {
    const [above, below] = [roomOf(from), roomOf(to)];
    if (above !== below && !isLocal(above)) uses.set(above, (uses.get(above) ?? new Set()).add(below));
  }
  const reaches = (from: string, to: string): boolean =>
    [...(uses.get(from) ?? [])].some((next) => next === to || reaches(next, to));
  const arrows = [...uses].flatMap(([from, rooms]) =>
    [...rooms]
      .filter((to) => ![...rooms].some((other) => other !== to && reaches(other, to)))
      .map((to) => `${from} --> ${to}`),
  );
  const [, picture = ""] = /```mermaid\n([\s\S]*?)```/.exec(readFileSync("docs/concepts.md", "utf8")) ?? [];
  assert.deepEqual(Array.from(picture.matchAll(/\S+ --> \S+/g), String).sort(), arrows.sort());
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
  const entry = "policies/audit/open-telemetry.ts";
  assert.deepEqual(told(imports.filter(({ to }) => to === entry)), []);
  // The one handler that speaks a protocol of its own over a socket.
  const ofLdap = new Set(["node:events", "node:net", "node:tls", "ldapts"]);
  const packages = imports.filter(({ from, to }) => core.has(roomOf(from)) && !isLocal(to) && from !== entry);
  const own = ({ from, to }: Import) => from.startsWith("handlers/ldap/") && ofLdap.has(to);
  assert.deepEqual(told(packages.filter((each) => !allowed.has(each.to) && !own(each))), []);
});

test("drivers and frameworks are each known to one place", () => {
  const place: Readonly<Record<string, RegExp>> = {
    "node:sqlite": /^stores\/sqlite\//,
    "@photostructure/sqlite": /^stores\/sqlite\//,
    express: /^adapters\/express\.ts$/,
    "on-headers": /^adapters\//,
    "node:http": /^(adapters|gateway|testing)\//,
    "node:http2": /^(adapters|gateway|testing)\//,
    "@connectrpc/connect": /^(adapters\/connect|services\/|client\/|testing\/)/,
    "@connectrpc/connect-node":
      /^(adapters\/connect|gateway\/own\/own-servers|testing\/|client\/wires\/grpc-transport)/,
    "ipaddr.js": /^(base\/ip-address|credentials\/source)\.ts$/,
    yaml: /^gateway\/config\/document\.ts$/,
    ajv: /^$/, // for scripts/validator.mjs only
    commander: /^cli\//,
    dpop: /^client\/bearer\/proof-key\.ts$/,
    "@opentelemetry/api-logs": /^policies\/audit\/open-telemetry\.ts$/,
    ldapts: /^handlers\/ldap\//,
    jose: /^handlers\/(oidc|external)\//,
    "@node-rs/bcrypt": /^handlers\/password\/bcrypt-hash\.ts$/,
    "openid-client": /^handlers\/external\/provider\.ts$/,
    "@node-rs/argon2": /^handlers\/password\/hash\.ts$/,
  };
  for (const [name, where] of Object.entries(place)) {
    assert.deepEqual(told(imports.filter(({ from, to }) => to === name && !where.test(from))), [], name);
  }
});

test("what client and server share imports no package", () => {
  assert.deepEqual(told(imports.filter(({ from, to }) => roomOf(from) === "wire" && !isLocal(to))), []);
});

test("no file needs, even for a type, a file that needs it; nor does a folder", () => {
  const folderOf = (name: string) => dirname(name);
  for (const part of [(name: string) => name, folderOf]) {
    const needs = new Map<string, Set<string>>();
    for (const { from, to } of imports.filter((each) => isLocal(each.to))) {
      const [user, used] = [part(from), part(to)];
      // A file beside folders is the room's entry: it stands above them.
      if (user === used || used.startsWith(`${user}/`) || user.startsWith(`${used}/`)) continue;
      needs.set(user, (needs.get(user) ?? new Set()).add(used));
    }
    const done = new Set<string>();
    const visit = (name: string, path: readonly string[]): void => {
      assert.ok(!path.includes(name), `a circle: ${[...path, name].join(" → ")}`);
      if (done.has(name)) return;
      for (const next of needs.get(name) ?? []) visit(next, [...path, name]);
      done.add(name);
    };
    for (const name of files) visit(part(name), []);
  }
});

test("the client, what it is generated from and what it shares with the server run in a browser", () => {
  const folders = ["client", "gen", "wire"];
  const outside = imports.filter(({ from, to }) => folders.includes(roomOf(from)) && to.startsWith("node:"));
  assert.deepEqual(told(outside), []);
});

const bans: Readonly<Record<string, RegExp>> = {
  "a clock": /\bDate\.now\b|\bnew Date\(\)|\bperformance\b|\bhrtime\b/,
  randomness: /\bMath\.random\b|\brandomBytes\b|\brandomUUID\b|\brandomInt\b|\bgetRandomValues\b|\brandomFill/,
  "a timer": /\bset(Timeout|Interval|Immediate)\b|node:timers/,
};
/** May do it, and why. */
const exceptions: Readonly<Record<string, RegExp>> = {
  "base/platform.ts": /./, // it is what the others ask
  "client/wires/enterprise-wire.ts": /getRandomValues/, // the client reaches only gen
  "client/external-link.ts": /getRandomValues/, // the same
  "client/bearer/delay.ts": /setTimeout/, // the client reaches only gen; tests give it another timer
};

for (const [what, pattern] of Object.entries(bans)) {
  test(`${what} is read in platform.ts and nowhere else`, () => {
    const seen = files
      // The exported suites run beside real servers, outside any simulated world.
      .filter((name) => roomOf(name) !== "testing" && roomOf(name) !== "gen")
      .flatMap((name) => [...codeOf(name).matchAll(new RegExp(pattern, "g"))].map(([word]) => ({ name, word })))
      .filter(({ name, word }) => !exceptions[name]?.test(word));
    assert.deepEqual(seen, []);
    assert.ok(pattern.test(codeOf("base/platform.ts")), "the pattern finds what it bans");
  });
}

/** The exported names of a file: what it declares itself. */
const declaredIn = (name: string): string[] =>
  Array.from(
    codeOf(name).matchAll(
      /^export (?:declare )?(?:abstract )?(?:async )?(?:interface|type|const|let|function\*?|class|enum) (\w+)/gm,
    ),
    ([, declared = ""]) => declared,
  );

test("an exported name is declared in one file", () => {
  const places = new Map<string, Set<string>>();
  for (const file of files.filter((name) => roomOf(name) !== "gen")) {
    for (const name of declaredIn(file)) places.set(name, (places.get(name) ?? new Set()).add(file));
  }
  assert.ok(places.size > 500, `${places.size} names were found`);
  const twice = [...places].filter(([, { size }]) => size > 1);
  assert.deepEqual(
    twice.map(([name, where]) => `${name}: ${[...where].join(", ")}`),
    [],
  );
});

test("a duration is in milliseconds, and its name says so", () => {
  const inSeconds = files
    .filter((name) => roomOf(name) !== "gen")
    .flatMap((name) =>
      Array.from(codeOf(name).matchAll(/\breadonly (\w+Seconds)\b/g), ([, option]) => `${name} ${option}`),
    );
  assert.deepEqual(inSeconds, [
    "client/wires/client-options.ts rpcTimeoutSeconds", // as Deephaven's own client has it
    "policies/throttle/throttle.ts retryAfterSeconds", // as RFC 9110 §10.2.3 has it
  ]);
});

test("no file has more than 250 lines", () => {
  const long = files
    .filter((name) => roomOf(name) !== "gen")
    .map((name) => ({ name, lines: readFileSync(join(root, name), "utf8").split("\n").length - 1 }))
    .filter(({ lines }) => lines > 250);
  assert.deepEqual(long, []);
});

test("files are named in kebab case", () => {
  const odd = files.filter(
    (name) => roomOf(name) !== "gen" && !/^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(name),
  );
  assert.deepEqual(odd, []);
});
