import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { launchBrowser, newContext, skipBrowser } from "../browser/launch.js";
import type { Tab } from "../browser/page.js";
import { servePage } from "../browser/page-server.js";
import { itInFull, sized } from "../size.js";
import { route } from "./fixtures.js";
import { type Running, startGateway } from "./running.js";

const run = promisify(execFile);
const lacks = (command: string): string | false =>
  spawnSync(command, ["--version"]).error === undefined ? false : `${command} is not installed`;

const requests = sized(300, 2_000);

describe("clients of the gateway that others wrote", () => {
  let gateway: Running;
  before(async () => {
    gateway = await startGateway({
      routes: [route({ path: "/page" }, { anonymous: true }), route()],
      serve: async (request, response) => {
        if (await servePage(request, response)) return;
        response.end(JSON.stringify({ subject: request.headers["x-sallyport-subject"] ?? null }));
      },
    });
  });
  after(() => gateway.close());

  for (const version of ["--http1.1", "--http2-prior-knowledge"]) {
    it(`curl ${version} is let in, by password and by token, and refused without`, {
      skip: lacks("curl"),
    }, async () => {
      const curl = async (...args: string[]) => (await run("curl", ["-sSi", version, ...args, gateway.http1])).stdout;
      const byPassword = await curl("-u", "ada:pw");
      assert.match(byPassword, /^authorization: bearer sps_/im);
      assert.match(byPassword, /\{"subject":"ada"\}$/);
      assert.match(await curl("-H", `Authorization: ${gateway.bearer}`), /^HTTP\/\S+ 200.*\{"subject":"ada"\}$/s);
      assert.match(await curl(), /^HTTP\/\S+ 401/);
    });
  }

  for (const flags of [["--h1"], ["-m", "10"]]) {
    it(`h2load ${flags.join(" ")}: every one of ${requests} requests is served`, {
      skip: lacks("h2load"),
    }, async () => {
      const header = `authorization: ${gateway.bearer}`;
      const { stdout } = await run("h2load", [
        "-n",
        `${requests}`,
        "-c",
        "8",
        ...flags,
        "-H",
        header,
        `${gateway.http1}/`,
      ]);
      assert.match(stdout, new RegExp(`${requests} done, ${requests} succeeded, 0 failed, 0 errored, 0 timeout`));
      assert.match(stdout, new RegExp(`status codes: ${requests} 2xx`));
    });
  }

  it("h2load without credentials: every one of 2,000 requests with a short body on one connection is refused", {
    skip: lacks("h2load"),
  }, async (t) => {
    const directory = await mkdtemp(join(tmpdir(), "sallyport-"));
    t.after(() => rm(directory, { recursive: true }));
    const body = join(directory, "body");
    await writeFile(body, "hello");
    const { stdout } = await run("h2load", ["-n", "2000", "-c", "1", "-m", "20", "-d", body, `${gateway.http1}/`]);
    assert.match(stdout, /2000 done, 0 succeeded, 2000 failed, 0 errored, 0 timeout/);
    assert.match(stdout, /status codes: 0 2xx, 0 3xx, 2000 4xx/);
  });

  itInFull("a page in Chromium logs in through it, calls and logs out", async (t) => {
    if (skipBrowser !== false) return t.skip(skipBrowser);
    const browser = await launchBrowser();
    try {
      const page = await (await newContext(browser)).newPage();
      await page.goto(`${gateway.http1}/page/`);
      await page.waitForFunction("globalThis.tab !== undefined");
      const log = await page.evaluate(async (origin) => {
        const { tab } = globalThis as unknown as { tab: Tab };
        const wrong = await tab.logIn(origin, "ada", "wrong");
        const who = await tab.logIn(origin, "ada", "pw");
        const statuses = await tab.fetchMany("/me", 12);
        await tab.logOut();
        return { wrong, who, statuses: [...new Set(statuses)], after: (await tab.plainFetch(`${origin}/me`)).status };
      }, gateway.http1);
      assert.deepEqual(log, { wrong: "wrong", who: "ada", statuses: [200], after: 401 });
    } finally {
      await browser.close();
    }
  });
});
