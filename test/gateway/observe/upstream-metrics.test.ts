import assert from "node:assert/strict";
import { test } from "node:test";
import { freePort } from "../run/probe/probe-world.js";
import { asAda, runGateway } from "../running-gateway.js";

test("the addresses of an upstream have metrics where there are several, and their coming and going is in the log", async (t) => {
  const dead = `127.0.0.1:${await freePort()}`;
  let good = "";
  const edit = (text: string): string => {
    good = /url: "http:\/\/([^"]*)"/.exec(text)?.[1] ?? "";
    const pool = `pool: { url: ["http://${dead}", "http://${good}"] }`;
    return `${text.replace("upstreams: {", `upstreams: { ${pool},`)}admin: { address: 127.0.0.1:0 }\n`;
  };
  const routes = "{ match: { path: / }, roles: [user], upstream: app }, { match: { path: /pool }, upstream: pool }";
  const { origin, served, logged } = await runGateway(t, routes, edit);
  for (let count = 0; count < 4; count += 1) {
    const answer = await fetch(`${origin}/pool`, { headers: { authorization: asAda } });
    assert.equal(answer.status, 200);
  }
  const metrics = await (await fetch(`http://127.0.0.1:${served.gateway.adminAddress()?.port}/metrics`)).text();
  const lines = metrics.split("\n").filter((line) => line.startsWith("sallyport_upstream_address_up"));
  assert.deepEqual(lines, [
    `sallyport_upstream_address_up{upstream="pool",address="${dead}"} 0`,
    `sallyport_upstream_address_up{upstream="pool",address="${good}"} 1`,
  ]);
  assert.ok(metrics.includes(`sallyport_upstream_address_requests{upstream="pool",address="${good}"} 0\n`));
  assert.ok(metrics.includes('sallyport_breaker_state{kind="upstream",name="pool",state="closed"} 1\n'));
  assert.deepEqual(
    logged.flatMap(({ kind, msg }) => (kind === "warning" ? [msg] : [])),
    [
      `upstream pool: ${dead} refused the connection. Requests go to the other addresses, and one tries it, first in 1 s`,
    ],
  );
});
