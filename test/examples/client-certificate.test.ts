import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { type RunningExample, runExample } from "./run-example.js";

const lacking = ["openssl", "curl"].filter((tool) => spawnSync(tool, ["--version"]).error !== undefined);
const skip = lacking.length === 0 ? false : `needs ${lacking.join(" and ")}: apt-get install ${lacking.join(" ")}`;
let example: RunningExample;

describe("examples/client-certificate", () => {
  before(async () => {
    if (skip === false) example = await runExample("client-certificate");
  });
  after(() => (skip === false ? example.stop() : undefined));

  for (const version of ["--http1.1", "--http2"]) {
    test(`the printed command is let in as ada by ${version}, and without the certificate it is 401`, { skip }, () => {
      const [, command = ""] = /try: curl (.*)/.exec(example.printed) ?? [];
      const words = command.split(" ");
      const curl = (...more: string[]) => execFileSync("curl", [version, "-sS", ...more], { encoding: "utf8" });
      const answer = curl("-i", ...words.slice(1));
      const body = answer.trim().split("\n").at(-1) ?? "";
      assert.match(answer, /^HTTP\/(1\.1|2) 200/);
      const { subject, roles, names } = JSON.parse(body);
      assert.deepEqual([subject, roles, names.email], ["ada", ["user"], ["ada@example.org"]]);
      const [cacert = "", ca = ""] = words.slice(1);
      assert.match(curl("-i", cacert, ca, words.at(-1) ?? ""), /^HTTP\/(1\.1|2) 401/);
    });
  }
});
