// Runs the suite on other versions of Node, from their npm packages, and once with the newest Connect 2.x.
// Everything is fetched when it is asked for, into .cache/matrix; nothing of it is a dependency. One line for each run.
//   node scripts/test-matrix.mjs                 Node 22, 24 and 26; the first of them with Connect 2.2 as well
//   node scripts/test-matrix.mjs --node 24       that one, without and with Connect 2.2
//   node scripts/test-matrix.mjs stores          only files whose path contains "stores"
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";

const connectRange = "~2.2.0";
const { values, positionals } = parseArgs({
  options: { node: { type: "string", multiple: true, default: ["22", "24", "26"] } },
  allowPositionals: true,
});
const cache = resolve(".cache/matrix");
// The copy for Connect is the tree without these; the suite reads documents and configuration too.
const apart = new Set(["node_modules", ".cache", ".git"]);

let failed = false;
for (const [index, major] of values.node.entries()) {
  const node = installNode(major);
  report(`Node ${major}`, node, process.cwd());
  if (index === 0) report(`Node ${major}, Connect ${connectRange}`, node, copyWithConnect());
}
process.exit(failed ? 1 : 0);

/** @returns the path of the binary. The packages are those that `npm install node@22` would choose among. */
function installNode(major) {
  if (!/^\d+$/.test(major)) throw new Error(`--node takes a major version, such as 24, and not ${major}`);
  const { platform, arch } = process;
  const name = `node-${platform === "win32" ? "win" : platform}-${arch}`;
  const directory = join(cache, `node-${major}`);
  const binary = join(directory, "node_modules", name, "bin", platform === "win32" ? "node.exe" : "node");
  if (!existsSync(binary)) install(directory, [`${name}@${major}`]);
  return binary;
}

/** A copy of the tree with the newest Connect 2.x beside it. @returns where it is. */
function copyWithConnect() {
  const directory = join(cache, "connect");
  const modules = join(directory, "node_modules");
  if (!existsSync(join(modules, "@connectrpc/connect-web"))) {
    mkdirSync(directory, { recursive: true });
    cpSync("node_modules", modules, { recursive: true, verbatimSymlinks: true });
    const fresh = join(cache, "connect-fresh");
    install(
      fresh,
      ["connect", "connect-node", "connect-web"].map((name) => `@connectrpc/${name}@${connectRange}`),
    );
    rmSync(join(modules, "@connectrpc"), { recursive: true });
    cpSync(join(fresh, "node_modules/@connectrpc"), join(modules, "@connectrpc"), { recursive: true });
  }
  for (const entry of readdirSync(".").filter((name) => !apart.has(name))) {
    rmSync(join(directory, entry), { recursive: true, force: true });
    cpSync(entry, join(directory, entry), { recursive: true });
  }
  return directory;
}

function install(directory, packages) {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "package.json"), '{ "private": true }\n');
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--no-package-lock"];
  const npm = spawnSync("npm", ["install", ...flags, ...packages], { cwd: directory, stdio: ["ignore", 2, 2] });
  if (npm.status !== 0) throw new Error(`npm could not install ${packages.join(" ")}; what it said stands above`);
}

function report(name, node, cwd) {
  const started = process.hrtime.bigint();
  const log = join(cache, `${name.replace(/[^\w.]+/g, "-").toLowerCase()}.log`);
  // Tests start `node` too, by name or from scripts with `env node`.
  const env = { ...process.env, PATH: dirname(node) + delimiter + process.env.PATH };
  const { stdout, stderr, status } = spawnSync(node, ["scripts/test.mjs", ...positionals], {
    cwd,
    env,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    timeout: 30 * 60_000, // a test that hangs
  });
  writeFileSync(log, stdout + stderr);
  const seconds = Number((process.hrtime.bigint() - started) / 1_000_000_000n);
  const count = (what) => new RegExp(`^ℹ ${what} (\\d+)`, "m").exec(stdout)?.[1] ?? "?";
  const version = spawnSync(node, ["--version"], { encoding: "utf8" }).stdout.trim();
  if (status !== 0) failed = true;
  const verdict = status === 0 ? "✔" : "✖";
  const numbers = ["pass", "fail", "skipped"].map((what) => `${count(what)} ${what}`).join(", ");
  console.log(`${verdict} ${name} (${version}): ${numbers}, ${seconds} s${status === 0 ? "" : `; see ${log}`}`);
}
