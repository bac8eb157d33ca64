import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { before, describe, test } from "node:test";
import { type CodeBlock, codeBlocksOf, documents } from "./markdown.js";

// Inside the package, so that `import … from "sallyport"` finds the package itself, as built.
const folder = "dist/docs-code";
const configuration = {
  extends: "../../tsconfig.json",
  compilerOptions: {
    rootDir: ".",
    outDir: "out",
    // Not that of the build, which would believe afterwards that it has made all this, and make nothing of it again.
    tsBuildInfoFile: "out/tsconfig.tsbuildinfo",
    declaration: false,
    isolatedDeclarations: false,
    noEmitOnError: false,
    // What a block only names is for the reader to use.
    noUnusedLocals: false,
    noUnusedParameters: false,
  },
  include: ["./**/*.ts"],
  exclude: ["out"],
};

interface Module {
  readonly path: string;
  readonly block: CodeBlock;
  readonly linesBefore: number;
}

const modules: Module[] = [];
let complaints: readonly string[];

describe("docs/code-blocks", () => {
  before(() => {
    rmSync(folder, { recursive: true, force: true });
    for (const document of documents) {
      const name = basename(document, ".md");
      mkdirSync(join(folder, name), { recursive: true });
      let earlier = "";
      for (const block of codeBlocksOf(document)) {
        const head = `${block.continues ? earlier : ""}${block.given}\n`;
        earlier = head + block.code;
        const path = `${name}/${block.file ?? `line-${block.line}.ts`}`;
        writeFileSync(join(folder, path), `${earlier}\nexport {};\n`);
        modules.push({ path, block, linesBefore: head.split("\n").length - 1 });
      }
    }
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(configuration));
    const tsc = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", folder, "--pretty", "false"], {
      encoding: "utf8",
    });
    complaints = `${tsc.stdout}${tsc.stderr}`.split("\n").filter((line) => line !== "");
    assert.ok(tsc.status === 0 || complaints.length > 0, "tsc did not run");
  });

  test("every block of TypeScript in README and docs compiles against the built package", () => {
    assert.deepEqual(complaints.map(inDocument), []);
  });

  test("every block that is a test of its own passes", () => {
    const tests = modules.filter(({ path }) => path.endsWith(".test.ts"));
    assert.ok(tests.length > 0, "there is none");
    const files = tests.map(({ path }) => join(folder, "out", path.replace(/\.ts$/, ".js")));
    // Not as a part of this run: its output would be taken for our own protocol.
    const { NODE_TEST_CONTEXT: _context, ...env } = process.env;
    const run = spawnSync(process.execPath, ["--test", "--test-reporter=tap", ...files], { encoding: "utf8", env });
    assert.equal(run.status, 0, run.stdout + run.stderr);
    assert.match(run.stdout, /^# pass [1-9]/m);
  });

  /** `writing-a-store/line-12.ts(3,7): error …` as `docs/writing-a-store.md:14: error …`. */
  function inDocument(complaint: string): string {
    const [, path, line, text] = /^(?:.*docs-code\/)?(\S+?\.ts)\((\d+),\d+\): (.*)$/.exec(complaint) ?? [];
    const found = modules.find((module) => module.path === path);
    if (found === undefined) return complaint;
    const { block, linesBefore } = found;
    const at = Number(line) - linesBefore;
    if (at >= 1) return `${block.document}:${block.line + at - 1}: ${text}`;
    const own = readFileSync(join(folder, found.path), "utf8").split("\n")[Number(line) - 1];
    return `${block.document}:${block.line}, in what comes before it, ${own}: ${text}`;
  }
});
