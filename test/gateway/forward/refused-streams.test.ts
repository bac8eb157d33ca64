import assert from "node:assert/strict";
import { connect } from "node:http2";
import { type TestContext, test } from "node:test";
import type { Auth } from "../../../src/engine/auth.js";
import type { Identity } from "../../../src/model/identity.js";
import { answerOf, createLateAuth, endsOfCalls, openTalk, statusesOf } from "../../adapters/node/refused-calls.js";
import { sized } from "../../size.js";
import { route } from "../fixtures.js";
import { type Running, startGateway } from "../running.js";

/** `/early` is answered without a look at the body; everything else is echoed as it comes. */
async function start(t: TestContext, auth?: Auth<Identity>): Promise<Running> {
  const gateway = await startGateway({
    ...(auth && { auth }),
    routes: [route({ path: "/early" }, { anonymous: true }), route()],
    serve: (request, response) => {
      if (request.url === "/early") response.end("enough");
      else request.pipe(response);
    },
  });
  t.after(() => gateway.close());
  return gateway;
}

test("of 300 grpc-js calls with a bad token at once on one channel, each ends as UNAUTHENTICATED", async (t) => {
  for (const [auth, authorization] of [
    [undefined, "Bearer sps_bad"],
    [createLateAuth(), "Basic nonsense"],
  ] as const) {
    const { http2 } = await start(t, auth);
    assert.deepEqual(await endsOfCalls(http2, 300, authorization), { UNAUTHENTICATED: 300 });
  }
});

for (const [count, what, path, status] of [
  [sized(400, 1_000), "refused", "/", 401],
  [sized(400, 500), "answered by the upstream before their body", "/early", 200],
] as const) {
  test(`${count} requests with a short body, ${what}, leave their connection alive, and an honest stream goes on`, async (t) => {
    const { http2, bearer, faults } = await start(t);
    const session = connect(http2);
    t.after(() => session.destroy());
    const talk = openTalk(session, bearer);
    assert.equal(await talk.say("before"), "before");
    for (let round = 0; round < 4; round++) {
      assert.deepEqual(await statusesOf(session, count / 4, 20, path), { [status]: count / 4 });
      assert.equal(await talk.say("meanwhile"), "meanwhile");
    }
    talk.end();
    assert.equal(session.closed, false);
    assert.deepEqual(faults, []);
  });
}

for (const path of ["/", "/early"]) {
  test(`callers of ${path} that end their bodies only when they are answered make room for the next`, async (t) => {
    const { http2 } = await start(t);
    const session = connect(http2);
    t.after(() => session.destroy());
    // Three times 80 are more than may be open at once.
    for (let round = 0; round < 3; round++) {
      await Promise.all(
        Array.from({ length: 80 }, async () => {
          const stream = session.request({ ":method": "POST", ":path": path });
          stream.write("hello");
          const { status } = await answerOf(stream);
          assert.equal(status, path === "/" ? 401 : 200);
          stream.end("farewell");
        }),
      );
      await new Promise((resolve) => session.ping(resolve));
    }
  });
}

test("an upload that was refused, or answered early, is reset with NO_ERROR behind its answer", async (t) => {
  const { http2 } = await start(t);
  const session = connect(http2);
  t.after(() => session.destroy());
  for (const [path, status] of [
    ["/", 401],
    ["/early", 200],
  ] as const) {
    const stream = session.request({ ":method": "POST", ":path": path });
    const closed = new Promise((resolve) => stream.on("close", () => resolve(stream.rstCode)));
    // More than the windows hold: it never ends by itself.
    stream.end(Buffer.alloc(4 * 1024 * 1024));
    assert.equal((await answerOf(stream)).status, status);
    assert.equal(await closed, 0);
  }
});
