// Makes a clone ready: installs when the lock file is newer than what is installed, then builds what has changed.
// Needs nothing but Node and npm, so that `npm start` and `npm test` work on their own. Says on standard error what it does.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { build } from "./build.mjs";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `Sallyport needs Node 20.19 or newer; this is ${process.version}. Install a newer Node and run this again.`,
  );
  process.exit(1);
}

const installed = "node_modules/.package-lock.json";
if (!existsSync(installed) || statSync("package-lock.json").mtimeMs > statSync(installed).mtimeMs) {
  const command = "npm ci --ignore-scripts --no-audit --no-fund --loglevel=error";
  console.error("Installing packages, which takes a minute …");
  stopUnless(spawnSync(command, { shell: true, stdio: ["ignore", 2, "inherit"] }).status, command);
}
stopUnless(build(), "tsc");

function stopUnless(status, command) {
  if (status === 0) return;
  console.error(`\n\`${command}\` failed; what went wrong stands above.`);
  process.exit(1);
}
