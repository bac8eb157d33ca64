// Writes docs/configuration.md and gate.schema.json from the schema that the gateway checks with.
//   node scripts/config-docs.mjs            writes them
//   node scripts/config-docs.mjs --check    fails when they are not current
import { readFileSync, writeFileSync } from "node:fs";
import { toReference, toSchemaFile } from "../dist/src/gateway/config/reference.js";

const check = process.argv.includes("--check");
for (const [file, text] of [
  ["docs/configuration.md", toReference()],
  ["gate.schema.json", toSchemaFile()],
]) {
  if (!check) writeFileSync(file, text);
  else if (readFileSync(file, "utf8") !== text) {
    console.error(`${file} is not current. Run: npm run generate`);
    process.exit(1);
  }
}
