// Makes a fresh clone ready: installs when the lock file is newer than what is installed, then builds.
// Needs nothing but Node and npm, so that `npm start` and `npm test` work on their own.
import { execSync } from "node:child_process";
import { existsSync, rmSync, statSync } from "node:fs";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `Sallyport needs Node 20.19 or newer; this is ${process.version}. Install a newer Node and run this again.`,
  );
  process.exit(1);
}

const installed = "node_modules/.package-lock.json";
if (!existsSync(installed) || statSync("package-lock.json").mtimeMs > statSync(installed).mtimeMs) {
  run("npm ci --ignore-scripts --no-audit --no-fund --loglevel=error");
}
rmSync("dist", { recursive: true, force: true }); // a deleted test must not run on
run("node node_modules/typescript/bin/tsc");

function run(command) {
  try {
    execSync(command, { stdio: ["ignore", 2, "inherit"] }); // to standard error: `npm start | …` sees only the program
  } catch {
    console.error(`\n\`${command}\` failed; what went wrong stands above.`);
    process.exit(1);
  }
}
