import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import { hashPassword } from "sallyport";
import { systemPlatform } from "../../../../src/base/platform.js";
import { toAddressText } from "../../../../src/gateway/config/address.js";
import { serveFile } from "../../../../src/gateway/run/serve-file.js";
import { createRandom } from "../../../../src/testing/random.js";
import { sized } from "../../../size.js";
import { gatewayFiles } from "../../gateway-files.js";
import { echoUpstream } from "../../running-gateway.js";
import { bridgeWorld } from "./bridge-world.js";

const random = createRandom(process.env.SEED === undefined ? undefined : Number(process.env.SEED));

test(`two gateways in front of a third never trip its theft detection (SEED=${random.seed})`, async (t) => {
  let aheadMs = 0;
  const platform = {
    ...systemPlatform,
    now: () => systemPlatform.now() + aheadMs,
    monotonic: () => systemPlatform.monotonic() + aheadMs,
  };
  const app = await echoUpstream(t);
  const files = await gatewayFiles(t);
  files.write("users.yaml", `gate:${await hashPassword("of the gateways")}:user\n`);
  files.write(
    "gate.yaml",
    `\
realm: behind
listen: [{ address: 127.0.0.1:0 }]
keys: { file: ./keys.json }
store: { sqlite: ./sallyport.db }
session: { rotateAfter: 8s, overlap: 4s, straggler: 6s, absolute: 12h }
handlers: { Basic: { users: ./users.yaml } }
routes: [{ match: { path: / }, upstream: app }]
upstreams: { app: { url: "${app.url}" } }
`,
  );
  const events: Record<string, unknown>[] = [];
  let tellEnd = (): void => {};
  const ended = new Promise<void>((resolve) => (tellEnd = resolve));
  const write = (line: string): void => {
    events.push(JSON.parse(line));
    if (events.at(-1)?.kind === "session-ended") tellEnd();
  };
  const log = pino({ level: "debug" }, { write });
  const third = await serveFile(files.config, { log, onReloadAsked: () => {}, platform });
  t.after(() => third.stop());
  const [address] = third.gateway.addresses();
  assert.ok(address);
  const url = `http://${toAddressText(address)}`;
  const credential = "{ wire: sallyport, user: gate, secret: { file: ./upstream.secret } }";
  const { nodes, logIn, given } = await bridgeWorld(t, `{ url: "${url}", credential: ${credential} }`, {
    secret: "of the gateways",
    session: "session: { rotateAfter: 20s, overlap: 5s, straggler: 15s, absolute: 12h }",
    platform,
  });

  const callers = [await logIn("ada"), await logIn("bob")];
  for (let call = 0; call < sized(200, 1_000); call += 1) {
    // Some at once, then a pause: within the upstream's zones, and beyond them.
    if (random.int(3) === 0) aheadMs += random.int(random.int(10) === 0 ? 60_000 : 3_000);
    const [caller, node] = [callers[random.int(2)], nodes[random.int(2)]];
    assert.ok(caller && node);
    const response = await caller.fetch(node, `/${call}`);
    assert.equal(response.status, 200, `call ${call}: ${response.headers.get("sallyport-reason")}`);
    await response.arrayBuffer();
  }
  const kinds = (kind: string) => events.filter((event) => event.kind === kind).length;
  assert.equal(kinds("session-opened"), 2, "one upstream session for each of ours");
  assert.ok(kinds("rotated") > 10, `the upstream's tokens turned ${kinds("rotated")} times`);
  assert.equal(kinds("reuse"), 0);
  assert.ok(given.size > 4, "ours turned too");
  const seen = JSON.stringify(app.requests.map(({ rawHeaders }) => rawHeaders));
  assert.ok(!seen.includes("sps_"), "the service behind gets no token of either");
  await callers[0]?.logOut(nodes[1] as (typeof nodes)[0]);
  await ended;
});
