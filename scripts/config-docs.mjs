// Writes docs/configuration.md, gate.schema.json and the validator in src/gen/config from the schema of the configuration.
//   node scripts/config-docs.mjs            writes them
//   node scripts/config-docs.mjs --check    fails when they are not current
import { readFileSync, writeFileSync } from "node:fs";
import { configSchema } from "../dist/src/gateway/config/config.js";
import { toReference, toSchemaFile } from "../dist/src/gateway/config/reference.js";
import { toValidator } from "./validator.mjs";

const check = process.argv.includes("--check");
for (const [file, text] of [
  ["docs/configuration.md", toReference()],
  ["gate.schema.json", toSchemaFile()],
  ["src/gen/config/find-shape-errors.ts", toValidator(configSchema)],
]) {
  if (!check) writeFileSync(file, text);
  else if (readFileSync(file, "utf8") !== text) {
    console.error(`${file} is not current. Run: npm run generate`);
    process.exit(1);
  }
}
