import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createHttp2Wire } from "../../../src/testing/adapter/client.js";
import { route } from "../fixtures.js";
import { ask } from "../raw.js";
import { type Running, startGateway, valuesOf } from "../running.js";

async function start(t: TestContext, upstream = {}): Promise<Running> {
  const gateway = await startGateway({ upstream, routes: [route({ path: "/open" }, { anonymous: true }), route()] });
  t.after(() => gateway.close());
  return gateway;
}

test("Via names the gateway behind the proxies before it, with the version in which the request came", async (t) => {
  const gateway = await start(t);
  await ask(gateway, "/open", ["Via: 1.0 fred, 1.1 p.example", "Connection: Via, close"]);
  await ask(gateway, "/open", ["Via: 1.0 fred, 1.1 p.example"]);
  const wire = createHttp2Wire(gateway.http2);
  await wire.call({ path: "/open", headers: [] });
  wire.close();
  assert.deepEqual(
    gateway.seen.map((seen) => valuesOf(seen, "via")),
    [["1.1 sallyport"], ["1.0 fred, 1.1 p.example", "1.1 sallyport"], ["2.0 sallyport"]],
  );
});

test("Via is left out for an upstream that would stop compressing, and what came goes on", async (t) => {
  const gateway = await start(t, { via: false });
  await ask(gateway, "/open", []);
  await ask(gateway, "/open", ["Via: 1.0 fred"]);
  assert.deepEqual(
    gateway.seen.map((seen) => valuesOf(seen, "via")),
    [[], ["1.0 fred"]],
  );
});

test("Max-Forwards is counted down for OPTIONS, ends here at 0, and is left alone for every other method", async (t) => {
  const gateway = await start(t);
  const rows: readonly (readonly [method: string, values: readonly string[], status: number, forwarded?: string[]])[] =
    [
      ["OPTIONS", ["2"], 200, ["1"]],
      ["OPTIONS", ["1"], 200, ["0"]],
      ["OPTIONS", ["0"], 204],
      ["OPTIONS", ["00"], 204],
      ["OPTIONS", ["-1"], 400],
      ["OPTIONS", ["x"], 400],
      ["OPTIONS", ["1", "2"], 400],
      ["OPTIONS", ["1, 2"], 400],
      ["GET", ["0"], 200, ["0"]],
      ["GET", ["x"], 200, ["x"]],
      ["TRACE", ["0"], 400],
      ["TRACE", ["1"], 400],
    ];
  for (const [method, values, status, forwarded] of rows) {
    gateway.seen.length = 0;
    const lines = values.map((value) => `Max-Forwards: ${value}`);
    const what = `${method} ${values}`;
    assert.equal((await ask(gateway, `${method} /open`, lines)).status, status, what);
    assert.deepEqual(
      gateway.seen.map((seen) => valuesOf(seen, "max-forwards")),
      forwarded === undefined ? [] : [forwarded],
      what,
    );
  }
});

test("a question that ends here is answered to callers who may pass, and to no other", async (t) => {
  const gateway = await start(t);
  assert.equal((await ask(gateway, "OPTIONS /", ["Max-Forwards: 0"])).status, 401);
  assert.equal((await ask(gateway, "OPTIONS /", ["Max-Forwards: 0", `Authorization: ${gateway.bearer}`])).status, 204);
  assert.deepEqual(gateway.seen, []);
});

test("a question that ends here is counted for its route, whatever path is asked for", async (t) => {
  const gateway = await start(t);
  for (const path of ["/open/1", "/open/2"]) await ask(gateway, `OPTIONS ${path}`, ["Max-Forwards: 0"]);
  assert.deepEqual(
    gateway.outcomes.map((outcome) => ({ ...outcome, route: "route" in outcome && outcome.route?.match.path })),
    Array(2).fill({ kind: "last", route: "/open", caller: undefined }),
  );
});

test("a question that ends here may be read by the pages that the route lets read its answers", async (t) => {
  const origin = "https://app.example";
  const open = route({ path: "/open" }, { anonymous: true, cors: { origins: [origin] } });
  const gateway = await startGateway({ routes: [open] });
  t.after(() => gateway.close());
  const { status, text } = await ask(gateway, "OPTIONS /open", [`Origin: ${origin}`, "Max-Forwards: 0"]);
  assert.equal(status, 204);
  assert.match(text, /\r\naccess-control-allow-origin: https:\/\/app\.example\r\n/i);
});
