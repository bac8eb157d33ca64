import assert from "node:assert/strict";
import { createServer } from "node:http";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { systemPlatform } from "../../../src/base/platform.js";
import { runGateway } from "../running-gateway.js";

const routes =
  "{ match: { path: /in }, upstream: app }, { match: { path: /gone }, anonymous: true, upstream: gone }, { match: { path: /app }, anonymous: true, upstream: app }";

/** The clock of ages is turned by the test, beside the machine's. */
async function start(t: TestContext, handlers = "Basic: { users: ./users.yaml }") {
  let ahead = 0;
  const server = createServer((_request, response) => response.end("here"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { readonly port: number };
  await new Promise((resolve) => server.close(resolve));
  const edit = (text: string) =>
    `${text.replace("Basic: { users: ./users.yaml }", handlers).replace("upstreams: {", `upstreams: { gone: { url: "http://127.0.0.1:${port}" },`)}admin: { address: 127.0.0.1:0 }\n`;
  const clock = { monotonic: () => systemPlatform.monotonic() + ahead };
  const { served, origin, logged, reload } = await runGateway(t, routes, edit, clock);
  const admin = `http://127.0.0.1:${served.gateway.adminAddress()?.port}`;
  return {
    reload,
    turn: (ms: number) => {
      ahead += ms;
    },
    ask: (path: string, authorization?: string) =>
      fetch(origin + path, { headers: authorization === undefined ? {} : { authorization } }),
    /** Announces a body, sends half of it, and leaves. */
    giveUp: (path: string, bytes: number) =>
      new Promise<void>((resolve) => {
        const { hostname, port } = new URL(origin);
        const socket = connect(Number(port), hostname, () => {
          socket.write(
            `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${bytes + 1}\r\n\r\n${"x".repeat(bytes / 2)}`,
          );
          setImmediate(() => socket.destroy());
        });
        socket.on("error", () => {}).once("close", () => resolve());
      }),
    warnings: () => logged.flatMap(({ kind, msg }) => (kind === "warning" ? [String(msg)] : [])),
    states: async () => {
      const text = await (await fetch(`${admin}/metrics`)).text();
      return [...text.matchAll(/^sallyport_breaker_state\{kind="(\w+)",name="([^"]+)",state="(\w+)"\} 1$/gm)]
        .map(([, kind, name, state]) => `${kind} ${name} ${state}`)
        .sort();
    },
    async comeBack() {
      await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
      t.after(() => {
        server.close();
        server.closeAllConnections();
      });
    },
    port,
  };
}

test("an upstream that is gone and comes back is two lines of the log and a metric, and callers are told when to try again", async (t) => {
  const world = await start(t);
  const initial = await world.states();
  assert.ok(initial.includes("upstream app closed") && initial.includes("upstream gone closed"), initial.join());
  for (let round = 0; round < 5; round++) {
    const answer = await world.ask("/gone");
    assert.deepEqual(
      [answer.status, answer.headers.get("retry-after"), answer.headers.get("sallyport-reason")],
      [503, "1", "upstream_unavailable"],
    );
    if (round < 3) world.turn(600);
  }
  assert.deepEqual(world.warnings(), [
    `upstream gone (127.0.0.1:${world.port}) refused the connection, 3 times in a row. Until it answers, which is tried every second, ` +
      "requests that need a new connection get 503; start it, or correct upstreams.gone.url",
  ]);
  const open = await world.states();
  assert.ok(open.includes("upstream app closed") && open.includes("upstream gone open"), open.join());
  assert.equal((await world.ask("/app")).status, 200, "the others are not concerned");
  await world.comeBack();
  world.turn(1_000);
  assert.equal((await world.ask("/gone")).status, 200);
  assert.match(world.warnings()[1] ?? "", /^upstream gone \(127\.0\.0\.1:\d+\) answers again, after \d+ s$/);
  assert.equal(world.warnings().length, 2);
  assert.deepEqual(await world.states(), initial);
});

test("a reload while a provider is down takes no caller's token away, and the metric tells of the provider", async (t) => {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const jwk = { ...(await exportJWK(publicKey)), alg: "ES256", kid: "one" };
  let status = 200;
  const provider = createServer((_request, response) => {
    response.writeHead(status, { connection: "close" }).end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve));
  t.after(() => provider.close());
  const issuer = `http://127.0.0.1:${(provider.address() as { readonly port: number }).port}`;
  const tokenOf = (kid: string) =>
    new SignJWT({ sub: "ada", iss: issuer, aud: "api" })
      .setExpirationTime("1h")
      .setProtectedHeader({ alg: "ES256", kid })
      .sign(privateKey);
  const world = await start(t, `Bearer: { jwt: { issuer: "${issuer}", audience: api } }`);
  const ask = async (kid: string) => (await world.ask("/in", `Bearer ${await tokenOf(kid)}`)).status;
  assert.equal(await ask("one"), 200);
  assert.ok((await world.states()).includes(`provider ${issuer} closed`));
  status = 503;
  world.reload();
  assert.equal(await ask("one"), 200);
  assert.equal(await ask("unknown"), 503, "it may be a new one");
  assert.ok((await world.states()).includes(`provider ${issuer} open`));
  assert.equal(await ask("one"), 200);
  const [line = ""] = world.warnings();
  assert.match(line, /^jwt: jwks: http:\/\/.* answered 503; its known keys stay good for 60 minutes/);
});

test("no client opens a breaker for the others: by wrong passwords, cut uploads, requests that are given up, unknown keys", async (t) => {
  const world = await start(t);
  const initial = await world.states();
  const tries: (() => Promise<unknown>)[] = [
    () => world.ask("/in", `Basic ${Buffer.from("ada:wrong").toString("base64")}`),
    () => world.ask("/in", "Bearer spk_0123456789abcdef_"),
    () => world.giveUp("/app", 0),
    () => world.giveUp("/app", 1_000_000),
    () => world.giveUp("/gone", 1_000_000),
  ];
  for (let round = 0; round < 8; round++) {
    await Promise.all(tries.map((act) => act()));
    world.turn(1_000);
  }
  const states = await world.states();
  // The one that is gone is so for every client.
  assert.deepEqual(
    states.filter((state) => !state.startsWith("upstream gone")),
    initial.filter((state) => !state.startsWith("upstream gone")),
  );
  assert.equal((await world.ask("/app")).status, 200);
});

test("a directory is a thing of the metric", async (t) => {
  const world = await start(t, 'Basic: { ldap: { url: "ldap://127.0.0.1:1", users: { base: "dc=example" } } }');
  assert.ok((await world.states()).includes("directory 127.0.0.1:1 closed"));
});
