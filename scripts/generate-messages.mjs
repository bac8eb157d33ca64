// Writes the messages of src/gen from proto/. What no file of proto/ makes any more goes.
import { execSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";

const fromSchema = "config"; // scripts/config-docs.mjs writes it
for (const folder of readdirSync("src/gen")) {
  if (folder !== fromSchema) rmSync(`src/gen/${folder}`, { recursive: true });
}
execSync("node node_modules/@bufbuild/buf/bin/buf generate", { stdio: "inherit" });
