import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { connectAuth } from "../../src/adapters/connect.js";
import { nodeAuth } from "../../src/adapters/node/node.js";
import { toErrorDetail } from "../../src/base/errors.js";
import { createAuth } from "../../src/engine/auth.js";
import { basic } from "../../src/handlers/password/basic.js";
import type { AuthEvent } from "../../src/model/events.js";
import { authRoutes } from "../../src/services/auth/auth-service.js";
import { memory } from "../../src/stores/memory/memory.js";
import { createEngine, listen } from "../services/server.js";

/** Functions that an application may give by mistake. None may let a request in or end the process. */
const broken: readonly (readonly [what: string, callback: () => never])[] = [
  ["is async", (async () => true) as unknown as () => never],
  ["rejects", (async () => Promise.reject(new Error("no"))) as unknown as () => never],
  [
    "throws",
    () => {
      throw new Error("no");
    },
  ],
];

for (const name of ["anonymous", "trustProxy", "stepUp"] as const) {
  for (const [what, callback] of broken) {
    test(`${name} that ${what}: 503 and an event, and the next request is answered too`, async () => {
      const events: AuthEvent[] = [];
      const auth = createAuth({
        handlers: [basic({ verify: (subject) => ({ subject }) })],
        store: memory(),
        onEvent: (event) => events.push(event),
      });
      const listener = nodeAuth(auth, (_request, response) => response.end("in"), { [name]: callback });
      const server = await listen(createServer(listener));
      const headers = { authorization: `Basic ${btoa("ada:x")}`, "x-forwarded-for": "192.0.2.1" };
      try {
        for (let round = 0; round < 2; round++) {
          assert.equal((await fetch(server.origin, { headers })).status, 503);
        }
        const failed = events.filter(({ kind }) => kind === "callback-failed");
        assert.ok(failed.length >= 2);
        assert.ok(failed.every((event) => event.kind === "callback-failed" && event.callback === name));
      } finally {
        await server.close();
        await auth.close();
      }
    });
  }
}

test("contextValues that throw or are none: 503 and an event", async () => {
  for (const contextValues of [() => assert.fail("no"), () => ({}) as never]) {
    const { auth } = createEngine();
    const listener = connectAuth(auth, connectNodeAdapter, {
      routes: (router) => authRoutes(auth)(router),
      contextValues,
    });
    const server = await listen(createServer(listener));
    const url = `${server.origin}/sallyport.v1.AuthService/LogIn`;
    const init = { method: "POST", body: "{}", headers: { "content-type": "application/json" } };
    try {
      assert.equal((await fetch(url, init)).status, 503);
      assert.equal((await fetch(url, init)).status, 503);
    } finally {
      await server.close();
      await auth.close();
    }
  }
});

test("an observer that throws or rejects changes nothing, and is told of once", async (t) => {
  for (const onEvent of [async () => Promise.reject(new TypeError("no")), () => assert.fail("no")]) {
    const warned: string[] = [];
    const mock = t.mock.method(process, "emitWarning", (text: string) => warned.push(text));
    const verify = (subject: string) => ({ subject });
    const auth = createAuth({ handlers: [basic({ verify })], store: memory(), onEvent: onEvent as () => never });
    const server = await listen(createServer(nodeAuth(auth, (_request, response) => response.end("in"))));
    try {
      for (let round = 0; round < 3; round++) assert.equal((await fetch(server.origin)).status, 401);
      assert.equal(warned.length, 1);
      assert.match(warned[0] ?? "", /^onEvent failed.*Error: no/);
    } finally {
      mock.mock.restore();
      await server.close();
      await auth.close();
    }
  }
});

test("policies on theft that are async count as failed, and spare no thief", async () => {
  const events: AuthEvent[] = [];
  const auth = createAuth({
    handlers: [basic({ verify: (subject) => ({ subject, roles: [] }) })],
    store: memory(),
    onTicketMisuse: (async () => Promise.reject(new Error("no"))) as unknown as () => "alarm",
    onEvent: (event) => events.push(event),
  });
  const peer = { address: "192.0.2.1", trusted: false };
  const opened = await auth.logIn(
    { scheme: "Basic", payload: btoa("ada:x") },
    { peer, target: { method: "", path: "" } },
  );
  assert.ok(opened.kind === "opened");
  const caller = { ...opened.caller, session: opened.session };
  const issued = await auth.tickets.issue(caller, { service: "a" });
  assert.ok(issued.kind === "issued");
  await auth.tickets.redeem(issued.ticket, "b");
  const failed = events.find(({ kind }) => kind === "callback-failed");
  assert.ok(failed?.kind === "callback-failed" && failed.callback === "onTicketMisuse");
  assert.ok(events.some(({ kind }) => kind === "session-ended"));
  await auth.close();
});

test("a trustProxy that throws: LogIn is 503 too, and not an internal error", async () => {
  const { auth } = createEngine();
  const trustProxy = () => assert.fail("no");
  const routes = authRoutes(auth);
  const server = await listen(createServer(connectAuth(auth, connectNodeAdapter, { routes, trustProxy })));
  const body = JSON.stringify({ password: { user: "ada", password: "pass:word" } });
  const headers = { "content-type": "application/json" };
  try {
    const url = `${server.origin}/sallyport.v1.AuthService/LogIn`;
    const answer = await fetch(url, { method: "POST", body, headers });
    assert.equal(answer.status, 503);
    assert.equal(((await answer.json()) as { code: string }).code, "unavailable");
  } finally {
    await server.close();
    await auth.close();
  }
});

test("an epoch or a policy of operate-as that fails is unavailable, and told", async () => {
  const events: AuthEvent[] = [];
  const broken = () => assert.fail("no");
  const auth = createAuth({
    handlers: [basic({ verify: (subject) => ({ subject }), epoch: broken })],
    store: memory(),
    operateAs: { identify: broken, grant: broken },
    onEvent: (event) => events.push(event),
  });
  const peer = { address: "192.0.2.1", trusted: false };
  const rawHeaders = ["authorization", `Basic ${btoa("ada:x")}`];
  const decision = await auth.authenticate({ method: "GET", path: "/", rawHeaders, peer });
  assert.ok(decision.kind === "denied" && decision.reason === "unavailable");
  assert.ok(events.some((event) => event.kind === "handler-failed" && event.failure.kind === "threw"));
  const caller = { identity: { subject: "ada" }, scheme: "basic" };
  const outcome = await auth.beginOperateAs(caller, { subject: "bob" });
  assert.ok(outcome.kind === "denied" && outcome.reason === "unavailable");
  assert.ok(events.some((event) => event.kind === "callback-failed" && event.callback === "operateAs.identify"));
  await auth.close();
});

test("what a verify does wrong is told with its message and its place, but not in production", (t) => {
  const failed = new TypeError("Cannot read properties of undefined");
  const [, place = ""] = /\((file:[^)]*fail-open[^)]*)\)/.exec(toErrorDetail(failed)) ?? [];
  assert.match(place, /fail-open\.test\.js:\d+:\d+$/);
  assert.match(toErrorDetail(failed), /^TypeError: Cannot read properties of undefined \(at /);
  // A name that a client sent, in the message of a driver: it must not begin a line of its own, nor colour the terminal.
  const forged = toErrorDetail(new Error("no user ada\r\nsallyport: \u001b[2Jall is well\u2028\u202e"));
  assert.match(forged, /^Error: no user ada {1,2}sallyport: /);
  assert.doesNotMatch(forged, /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
  // Frames of the package itself say nothing about the application.
  assert.doesNotMatch(toErrorDetail(catchError(() => basic(undefined as never))), /dist\/src/);
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = "production";
  t.after(() => {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = NODE_ENV;
  });
  assert.equal(toErrorDetail(failed), "TypeError");
});

function catchError(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
