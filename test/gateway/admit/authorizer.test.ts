import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { type Platform, systemPlatform } from "../../../src/base/platform.js";
import { withSecret } from "../../../src/base/with-secret.js";
import { type Authorizer, createAuthorizer } from "../../../src/gateway/admit/authorizer.js";
import { createAuthorizers } from "../../../src/gateway/admit/authorizers.js";
import type { ServiceVerdict } from "../../../src/gateway/admit/verdict.js";
import type { Session } from "../../../src/model/session.js";
import { route } from "../fixtures.js";
import { type AuthorizingService, authorizingService } from "./authorizing-service.js";

interface World {
  readonly service: AuthorizingService;
  readonly authorizer: Authorizer;
  readonly warnings: string[];
  ask(about: object, who?: string, session?: Session): Promise<ServiceVerdict>;
  /** Turns the clock. */
  ahead: number;
}

async function start(t: TestContext, timeoutMs = 10_000): Promise<World> {
  const service = await authorizingService(t);
  const warnings: string[] = [];
  const platform: Platform = { ...systemPlatform, monotonic: () => performance.now() + world.ahead };
  const config = withSecret({ url: service.url, timeoutMs, claims: [] }, { bearerToken: "t0ken" });
  const authorizer = createAuthorizer(config, platform, (text) => warnings.push(text));
  t.after(() => authorizer.close());
  const world: World = {
    ...{ service, authorizer, warnings },
    ask: async (about, who = "ada", session = undefined) => authorizer.ask(JSON.stringify(about), who, session),
    ahead: 0,
  };
  return world;
}

const reasonOf = ({ denial }: ServiceVerdict): string => denial?.reason ?? "in";

test("2xx lets in, 4xx refuses, and whatever else is no answer", async (t) => {
  const { service, ask } = await start(t);
  const statuses = {
    in: [200, 204, 299],
    not_permitted: [400, 401, 403, 404, 451, 499],
    authorizer_unavailable: [301, 302, 304, 408, 429, 500, 503, 599],
  };
  for (const [reason, all] of Object.entries(statuses)) {
    for (const status of all) {
      service.answer = ({ response }) => response.writeHead(status, { location: service.url }).end();
      const verdict = await ask({ status });
      assert.equal(reasonOf(verdict), reason, String(status));
      if (verdict.denial !== undefined) assert.equal(verdict.detail, `authorize: the service answered ${status}`);
    }
  }
  assert.equal(service.asked.length, Object.values(statuses).flat().length, "no redirect is followed");
  assert.equal(service.asked[0]?.headers.authorization, "Bearer t0ken");
  assert.equal(service.asked[0]?.headers["content-type"], "application/json");
});

test("a refusal may have a short reason, and nothing else of its body counts", async (t) => {
  const { service, ask } = await start(t);
  const bodies: [body: string, message: string][] = [
    ['{"reason":"The project is an archive."}', "The project is an archive."],
    ['{"reason":"Grüße"}', "Grüße"],
    ["", "You may not do this."],
    ["no JSON", "You may not do this."],
    ["null", "You may not do this."],
    ['{"reason":""}', "You may not do this."],
    ['{"reason":5}', "You may not do this."],
    [JSON.stringify({ reason: "a\r\nb" }), "You may not do this."],
    ['{"reason":"\\ud800"}', "You may not do this."],
    [JSON.stringify({ reason: "x".repeat(201) }), "You may not do this."],
    [JSON.stringify({ reason: "x", more: "y".repeat(1_000_000) }), "You may not do this."],
  ];
  for (const [index, [body, message]] of bodies.entries()) {
    service.answer = ({ response }) => response.writeHead(403).end(body);
    const { denial } = await ask({ index });
    assert.deepEqual([denial?.code, denial?.message], ["permission_denied", message], body.slice(0, 40));
  }
});

test("an answer is used again for as long as it says, an hour at most, and by default not at all", async (t) => {
  const world = await start(t);
  const { service, ask } = world;
  const fields: [cacheControl: string | undefined, freshMs: number][] = [
    [undefined, 0],
    ["max-age=60", 60_000],
    ["private, Max-Age=60", 60_000],
    ["max-age=0", 0],
    ["max-age=-1", 0],
    ["max-age=60, max-age=5", 0],
    ["max-age=60, no-store", 0],
    ["no-cache, max-age=60", 0],
    ["s-maxage=60", 0],
    ['max-age="60"', 0],
    ["max-age=9999999999", 3_600_000],
  ];
  for (const [cacheControl, freshMs] of fields) {
    for (const status of [204, 403]) {
      service.answer = ({ response }) =>
        response.writeHead(status, cacheControl === undefined ? {} : { "cache-control": cacheControl }).end();
      const about = { cacheControl, status };
      const before = service.asked.length;
      const askedAgain = async (): Promise<number> => {
        assert.equal(reasonOf(await ask(about)), status === 204 ? "in" : "not_permitted");
        return service.asked.length - before;
      };
      await askedAgain();
      assert.equal(await askedAgain(), freshMs === 0 ? 2 : 1, String(cacheControl));
      world.ahead += Math.max(0, freshMs - 30_000);
      assert.equal(await askedAgain(), freshMs === 0 ? 3 : 1, String(cacheControl));
      world.ahead += 30_001;
      assert.equal(await askedAgain(), freshMs === 0 ? 4 : 2, String(cacheControl));
    }
  }
});

test("an answer that is kept is no promise, and one that tells nothing is never kept", async (t) => {
  const { service, authorizer, ask } = await start(t);
  service.answer = ({ response }) => response.writeHead(503, { "cache-control": "max-age=60" }).end();
  assert.equal(reasonOf(await ask({})), "authorizer_unavailable");
  service.answer = ({ response }) => response.writeHead(204, { "cache-control": "max-age=60" }).end();
  assert.equal(reasonOf(await ask({})), "in");
  const kept = authorizer.ask("{}", "ada", undefined);
  assert.ok(!(kept instanceof Promise));
  assert.equal(reasonOf(kept), "in");
  assert.ok(authorizer.ask('{ "a": 1 }', "ada", undefined) instanceof Promise);
});

test("what is asked at a time is one question, and each other question is its own", async (t) => {
  const { service, ask } = await start(t);
  service.answer = () => {};
  const all = Promise.all([ask({ a: 1 }), ask({ a: 1 }), ask({ a: 1 }, "bob"), ask({ a: 2 })]);
  await service.until(2);
  for (const { question, response } of service.asked) response.writeHead(question.a === 1 ? 204 : 403).end();
  assert.deepEqual((await all).map(reasonOf), ["in", "in", "in", "not_permitted"]);
  assert.equal(service.asked.length, 2);
  service.answer = ({ response }) => response.writeHead(403).end();
  assert.equal(reasonOf(await ask({ a: 1 })), "not_permitted");
});

test("an answer about a session is forgotten when it ends, and is not kept when it has ended", async (t) => {
  const { service, ask } = await start(t);
  service.answer = ({ response }) => response.writeHead(204, { "cache-control": "max-age=60" }).end();
  const ends = new Set<() => void>();
  const session = {
    ended: false,
    onEnd(end: () => void) {
      ends.add(end);
      return () => ends.delete(end);
    },
  } as unknown as Session & { ended: boolean };
  await ask({}, "ada", session);
  await ask({}, "ada", session);
  assert.equal(service.asked.length, 1);
  for (const end of ends) end();
  await ask({}, "ada", { ...session, ended: true });
  await ask({}, "ada", session);
  assert.equal(service.asked.length, 3);
  assert.equal(ends.size, 1);
});

test("a caller with many questions waits for its own, and no other caller does", async (t) => {
  const { service, ask } = await start(t);
  service.answer = () => {};
  const many = Array.from({ length: 40 }, (_, index) => ask({ index }));
  await service.until(16);
  const other = ask({ other: true }, "bob");
  await service.until(17);
  const last = service.asked.at(-1);
  assert.deepEqual(last?.question, { other: true });
  last?.response.writeHead(204).end();
  assert.equal(reasonOf(await other), "in");
  service.answer = ({ response }) => response.writeHead(204).end();
  for (const { response } of service.asked.slice(0, 16)) response.writeHead(204).end();
  assert.deepEqual([...new Set((await Promise.all(many)).map(reasonOf))], ["in"]);
});

test("no answer in time, and an answer that breaks off, are none", async (t) => {
  const { service, ask } = await start(t, 1);
  service.answer = () => {};
  const late = await ask({});
  assert.equal(reasonOf(late), "authorizer_unavailable");
  assert.equal(late.detail, "authorize: the service gave no answer within 1 ms");
  const patient = await start(t);
  patient.service.answer = ({ response }) => {
    response.writeHead(204 + 1, { "content-length": 10 });
    response.write("half", () => response.destroy());
  };
  assert.equal(reasonOf(await patient.ask({})), "authorizer_unavailable");
});

test("of a body without end no more is taken than tells", async (t) => {
  const { service, ask } = await start(t);
  let closed: Promise<unknown> = Promise.resolve();
  service.answer = ({ response }) => {
    closed = once(response, "close");
    response.writeHead(200).write("x".repeat(100_000));
  };
  assert.equal(reasonOf(await ask({})), "in");
  await closed;
});

test("routes with one service share it, and what differs in address, time or token does not", () => {
  const of = (url: string, timeoutMs: number, bearerToken?: string) =>
    route({}, { authorize: withSecret({ url, timeoutMs, claims: [] }, { bearerToken }) });
  const routes = [of("http://a", 1), of("http://a", 1), of("http://a", 2), of("http://a", 1, "x"), of("http://b", 1)];
  const authorizers = createAuthorizers([...routes, route()], systemPlatform);
  const [first, ...others] = routes.map((one) => authorizers.of(one));
  assert.equal(others[0], first);
  assert.equal(new Set([first, ...others]).size, 4);
  assert.equal([...authorizers.list()].length, 4);
  assert.equal(authorizers.of(route()), undefined);
  authorizers.close();
});

test("a connection that the service has closed meanwhile costs no answer", async (t) => {
  const { service, ask } = await start(t);
  assert.equal(reasonOf(await ask({ a: 1 })), "in");
  assert.equal(service.connections.size, 1);
  // The service resets it when the next question comes: that is what a race looks like.
  let resets = 0;
  for (const socket of service.connections) {
    socket.removeAllListeners("data");
    socket.on("data", () => {
      resets += 1;
      socket.resetAndDestroy();
    });
  }
  assert.equal(reasonOf(await ask({ a: 2 })), "in");
  assert.equal(resets, 1);
});

test("a question that had no answer in time is not asked again, on a connection that was used before either", async (t) => {
  const { service, ask } = await start(t, 200);
  assert.equal(reasonOf(await ask({ a: 1 })), "in");
  service.answer = () => {};
  assert.equal((await ask({ a: 2 })).detail, "authorize: the service gave no answer within 200 ms");
  service.answer = ({ response }) => response.writeHead(204).end();
  assert.equal(reasonOf(await ask({ a: 3 })), "in");
  assert.deepEqual(
    service.asked.map(({ question }) => question.a),
    [1, 2, 3],
  );
});

test("a service that does not answer is left alone, found again, and named without its query", async (t) => {
  const world = await start(t);
  const { service, authorizer, ask, warnings } = world;
  const name = service.url.replace(/\?.*/, "");
  assert.deepEqual(authorizer.outside(), { kind: "authorizer", name, state: "closed" });
  await service.stop();
  for (let index = 0; index < 3; index++) {
    assert.match((await ask({ index })).detail ?? "", /refused the connection/);
    world.ahead += 1_000;
  }
  world.ahead -= 1_000;
  assert.equal(authorizer.outside().state, "open");
  assert.match((await ask({})).detail ?? "", /took no connection several times in a row/);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", new RegExp(`^authorize ${name} refused the connection, 3 times in a row`));
  assert.ok(!JSON.stringify([warnings, authorizer.outside()]).includes("s3cret"));
});
