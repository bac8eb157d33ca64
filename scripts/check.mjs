// All that must hold before a change lands, apart from the tests: format, lint, types, generated code, package contents.
import { execSync } from "node:child_process";
import { existsSync } from "node:fs";

const steps = [
  ["format and lint", "node node_modules/@biomejs/biome/bin/biome ci --error-on-warnings ."],
  ["types and build", "node scripts/build.mjs"],
  ["what is made of the configuration's schema is current", "node scripts/config-docs.mjs --check"],
  ["package contents", "node node_modules/publint/src/cli.js --strict"],
  ["types of the package", "node scripts/check-types.mjs"],
];
if (existsSync("buf.yaml")) {
  steps.push(
    ["proto lint", "node node_modules/@bufbuild/buf/bin/buf lint"],
    ["generated code is current", "node scripts/generate-messages.mjs && git diff --exit-code --stat -- src/gen"],
  );
}
for (const [name, command] of steps) {
  console.log(`▶ ${name}`);
  try {
    execSync(command, { stdio: "inherit" });
  } catch {
    console.error(`✖ ${name} failed: ${command}`);
    process.exit(1);
  }
}
console.log("✔ all checks passed");
