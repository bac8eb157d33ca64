import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { compareWithGateway } from "./compare-with-gateway.js";
import { followThroughProxy } from "./follow-through-proxy.js";
import { forgeQuestion, forgeThroughProxy } from "./forge-through-proxy.js";
import type { ProxyRecipe } from "./start-proxy.js";

const nginx = {
  command: "nginx",
  toArguments: (folder: string, file: string) => ["-p", folder, "-c", file, "-g", "daemon off;"],
};

/** nginx takes all but 401 and 403 for 500. */
const lost = ["no route", "a method that has no route", "an encoded slash", "two slashes", "dots"];

const recipes: readonly ProxyRecipe[] = [
  {
    ...nginx,
    file: "nginx.conf",
    statuses: { "two credentials": 400, ...Object.fromEntries(lost.map((what) => [what, 500])) },
    losesDenials: true,
  },
  // It refuses these itself.
  { ...nginx, file: "nginx-full.conf", statuses: { "two credentials": 400 } },
  {
    command: "caddy",
    file: "Caddyfile",
    toArguments: (_folder, file) => ["run", "--adapter", "caddyfile", "--config", file],
  },
  {
    command: "haproxy",
    file: "haproxy.cfg",
    beside: "sallyport.lua",
    toArguments: (_folder, file) => ["-db", "-f", file],
  },
];

for (const recipe of recipes) {
  const { command, file } = recipe;
  const isThere = spawnSync(command, [command === "caddy" ? "version" : "-v"]).error === undefined;
  const options = { skip: isThere ? false : `needs ${command}: apt-get install ${command}` };
  test(`${file}: lets in whom the gateway lets in, and tells the application the same`, options, (t) =>
    compareWithGateway(t, recipe),
  );
  test(`${file}: a client follows its token through it, and is never refused`, options, (t) =>
    followThroughProxy(t, recipe),
  );
  test(`${file}: the application gets no field, host or upgrade of a client's making`, options, (t) =>
    forgeThroughProxy(t, recipe),
  );
  test(`${file}: a client makes no part of the question but its credentials`, options, (t) => forgeQuestion(t, recipe));
}
