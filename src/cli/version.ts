import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { type CliIo, print } from "./io.js";

/** Returns the version of the package that this file is in. */
export function version(): string {
  for (const up of ["../../package.json", "../../../package.json"]) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(up, import.meta.url), "utf8")) as Record<
        string,
        string
      >;
      if (name === "sallyport" && version !== undefined) return version;
    } catch {
      // The file is one level further up when this runs from dist/.
    }
  }
  return "unknown";
}

export function addVersion(program: Command, io: CliIo): void {
  program
    .command("version")
    .description("print the version, and what it runs on")
    .option("--json", "as JSON")
    .action(({ json }: { json?: boolean }) => {
      const result = {
        sallyport: version(),
        node: process.versions.node,
        platform: `${process.platform}-${process.arch}`,
      };
      print(io, json, result, `sallyport ${result.sallyport}, Node ${result.node}, ${result.platform}`);
    });
}
