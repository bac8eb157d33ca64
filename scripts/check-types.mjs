// Packs the package and asks "are the types wrong": every subpath must resolve, with types, for ESM and for bundlers.
import { execSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";

// ESM only, on purpose: `require` gets a module by Node's require(esm), and TypeScript's oldest resolution is not served.
const ignored = new Set(["CJSResolvesToESM"]);
const unserved = new Set(["node10"]);

const directory = mkdtempSync(join(tmpdir(), "sallyport-pack-"));
try {
  const out = execSync(`npm pack --ignore-scripts --silent --pack-destination ${directory}`, { encoding: "utf8" });
  const tarball = readFileSync(join(directory, out.trim().split("\n").at(-1)));
  const { problems } = await checkPackage(createPackageFromTarballData(new Uint8Array(tarball)));
  const real = problems.filter((problem) => !ignored.has(problem.kind) && !unserved.has(problem.resolutionKind));
  for (const problem of real) console.error(JSON.stringify(problem));
  if (real.length > 0) process.exitCode = 1;
  else console.log("All good!");
} finally {
  rmSync(directory, { recursive: true, force: true });
}
