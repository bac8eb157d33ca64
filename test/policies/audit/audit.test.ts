import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createAuth } from "../../../src/engine/auth.js";
import type { AuthOptions } from "../../../src/engine/options.js";
import type { Handler } from "../../../src/handlers/handler.js";
import type { AuthEvent } from "../../../src/model/events.js";
import type { AuthRequest } from "../../../src/model/request.js";
import type { AuditOptions } from "../../../src/policies/audit/audit.js";
import type { AuditRecord } from "../../../src/policies/audit/record.js";
import type { OperateAsRule } from "../../../src/policies/operate-as/rules.js";
import { memory } from "../../../src/stores/memory/memory.js";
import { createWorld } from "../../world.js";
import { start, type User } from "../operate-as/operate-as-world.js";

const trace = "0af7651916cd43dd8448eb211c80319c";
const address = "192.0.2.7";
const time = 1_800_000_000_000;
const from = { address, correlationId: trace };

/** A request with a trace, and what else the caller says. */
const request = (authorization?: string, more: readonly string[] = []): AuthRequest => ({
  method: "GET",
  path: "/",
  rawHeaders: [
    ...["traceparent", `00-${trace}-b7ad6b7169203331-01`],
    ...(authorization === undefined ? [] : ["authorization", authorization]),
    ...more,
  ],
  peer: { address, trusted: false },
});
const source = { ...request(), target: { method: "POST", path: "/" } };
const adaMayBeBob: OperateAsRule = { actors: ["ada"], targets: ["bob"] };

function audited(options: Partial<AuthOptions<Handler<User>>> & { audit?: AuditOptions } = {}) {
  const records: AuditRecord[] = [];
  const sink = { write: (record: AuditRecord) => void records.push(record) };
  const world = start([adaMayBeBob], { audit: { sinks: [sink], onFailure: "refuse" }, ...options });
  return { ...world, records, sink };
}
const passwordOf = (user: string) => `Basic ${btoa(`${user}:${user}`)}`;
const tokenIn = (decision: unknown) => (decision as { offer: { token: string } }).offer.token;

test("a log-in is one record: who, by which scheme, from where, which session, under which id", async () => {
  const { auth, records } = audited();
  const decision = await auth.authenticate(request(passwordOf("ada")));
  assert.equal(decision.kind, "allowed");
  const { session, ...record } = records[0] ?? assert.fail();
  assert.match(session ?? "", /^[\w-]{22}$/);
  assert.deepEqual(record, {
    time,
    event: "session-opened",
    outcome: "success",
    subject: "ada",
    scheme: "basic",
    ...from,
  });
  assert.equal(records.length, 1);
  assert.ok(Object.isFrozen(records[0]));
});

test("a refusal is one record, with the scheme if it is a registered one, and never with a name", async () => {
  const { auth, records } = audited();
  await auth.authenticate(request(`Basic ${btoa("ada:wrong")}`));
  await auth.authenticate(request("hunter2"));
  await auth.authenticate(request("Bearer sps_forged"));
  await auth.logIn({ scheme: "basic", payload: btoa("ada:wrong") }, source);
  assert.deepEqual(records, [
    { time, event: "refused", outcome: "refused", reason: "invalid_credentials", scheme: "basic", ...from },
    { time, event: "refused", outcome: "refused", reason: "invalid_credentials", ...from },
    { time, event: "refused", outcome: "refused", reason: "invalid_token", ...from },
    { time, event: "refused", outcome: "refused", reason: "invalid_credentials", scheme: "basic", ...from },
  ]);
});

test("a request without credentials is not recorded: anybody could fill a disk with them", async () => {
  const { auth, records } = audited();
  await auth.authenticate(request());
  assert.deepEqual(records, []);
});

test("rotation anomalies are recorded once each, with the session and its subject", async () => {
  const { auth, records, advance } = audited({ rotateAfterMs: 300_000, overlapMs: 10_000, stragglerMs: 60_000 });
  const first = tokenIn(await auth.authenticate(request(passwordOf("ada"))));
  const call = (token: string) => auth.authenticate(request(`Bearer ${token}`));
  await call(first);
  advance(300_000);
  const second = tokenIn(await call(first));
  await call(second);
  const { session } = records[0] ?? assert.fail();
  records.length = 0;
  advance(20_000);
  await call(first);
  advance(60_000);
  await call(first);
  await call(first);
  const party = { subject: "ada", session };
  assert.deepEqual(records, [
    { time: time + 320_000, event: "superseded", outcome: "refused", ...party, generation: 1, ...from },
    { time: time + 380_000, event: "reuse", outcome: "alarm", ...party, generation: 1, ...from },
    { time: time + 380_000, event: "refused", outcome: "refused", reason: "revoked", ...party, ...from },
    { time: time + 380_000, event: "refused", outcome: "refused", reason: "revoked", ...party, ...from },
  ]);
});

test("operate-as is recorded with both names, begun or refused, and the chain where it is nested", async () => {
  const { auth, records, opened, callerOf, current } = audited();
  const ada = await callerOf((await opened("ada")).token);
  records.length = 0;
  await auth.beginOperateAs(ada, { subject: "bob", reason: "the password is hunter2" }, source);
  await auth.beginOperateAs(ada, { subject: "carol" }, source);
  await auth.beginOperateAs(ada, { subject: "hunter2" }, source);
  const [log, begun, ...refused] = records;
  const both = { subject: "bob", actors: ["ada"], session: log?.session };
  assert.deepEqual(log, { time, event: "session-opened", outcome: "success", ...both, scheme: "basic", ...from });
  assert.deepEqual(begun, { time, event: "operate-as", outcome: "success", ...both, ...from });
  assert.deepEqual(refused, [
    { time, event: "operate-as-refused", outcome: "refused", subject: "carol", actors: ["ada"], ...from },
    { time, event: "operate-as-refused", outcome: "refused", actors: ["ada"], ...from },
  ]);
  current.rules = [adaMayBeBob, { actors: ["bob"], targets: ["dave"], nested: true }];
  const asBob = await callerOf((await opened("ada", "bob")).token);
  records.length = 0;
  await auth.beginOperateAs(asBob, { subject: "dave" }, source);
  assert.deepEqual(
    records.map(({ event, subject, actors }) => [event, subject, actors]),
    [
      ["session-opened", "dave", ["bob", "ada"]],
      ["operate-as", "dave", ["bob", "ada"]],
    ],
  );
});

test("a ticket is recorded when it is issued, redeemed and misused; the name that its caller chose only as a hash", async () => {
  const { auth, records, opened, callerOf } = audited();
  const caller = await callerOf((await opened("ada")).token);
  records.length = 0;
  const issued = await auth.tickets.issue(caller, { service: "reports" }, source);
  assert.ok(issued.kind === "issued");
  await auth.tickets.redeem(issued.ticket, "reports", source);
  await auth.tickets.redeem(issued.ticket, "reports", source);
  const party = { subject: "ada", session: caller.session?.ref };
  const service = "sha256:e6d31cd26f62dbc7";
  assert.deepEqual(
    records.map((record) => ({ ...record, service: record.service === "reports" ? "reports" : service })),
    [
      { time, event: "ticket-issued", outcome: "success", ...party, service, ...from },
      { time, event: "ticket-redeemed", outcome: "success", ...party, service: "reports", ...from },
      {
        time,
        event: "ticket-misused",
        outcome: "alarm",
        reason: "used",
        session: party.session,
        service: "reports",
        ...from,
      },
    ],
  );
  assert.match(records[0]?.service ?? "", /^sha256:[0-9a-f]{16}$/);
});

test("ends are recorded: by log-out, by an operator, of a subject, and by time once it is noticed", async () => {
  const { auth, records, opened, callerOf, call, advance } = audited({ idleMs: 3_600_000, absoluteMs: 7_200_000 });
  const sessions = await Promise.all(["ada", "bob", "carol"].map((user) => opened(user)));
  const [ada, bob, carol] = sessions.map(({ session }) => session.ref);
  for (const { token } of sessions) await callerOf(token);
  records.length = 0;
  await sessions[0]?.session.end("logout", source);
  await auth.sessions.end(bob ?? "", "stolen laptop", { subject: "carol", ...source });
  await auth.sessions.end(bob ?? "", "again");
  await auth.sessions.endSubject("dave", "disabled", { subject: "carol" });
  advance(7_200_000);
  await call(sessions[2]?.token ?? "");
  const end = { event: "session-ended", outcome: "success" };
  const { correlationId } = records.at(-1) ?? {};
  assert.match(correlationId ?? "", /^[0-9a-f]{32}$/, "of its own where a request says none, and one for both");
  const late = { time: time + 7_200_000, address: "192.0.2.1", correlationId };
  assert.deepEqual(records, [
    { time, ...end, reason: "logout", subject: "ada", session: ada, ...from },
    { time, ...end, reason: "stolen laptop", subject: "bob", by: "carol", session: bob, ...from },
    { time, event: "subject-ended", outcome: "success", reason: "disabled", subject: "dave", by: "carol" },
    { ...late, ...end, reason: "expired", subject: "carol", session: carol },
    { ...late, event: "refused", outcome: "refused", reason: "expired", subject: "carol", session: carol },
  ]);
});

test("an accepted, remembered token that is not due tells nothing and asks no clock of the audit", async () => {
  const { auth, records, opened, callerOf } = audited();
  const { token } = await opened("ada");
  await callerOf(token);
  records.length = 0;
  const asked: string[] = [];
  const watched = new Proxy(request(`Bearer ${token}`), {
    get(target, name, receiver) {
      asked.push(String(name));
      return Reflect.get(target, name, receiver);
    },
  });
  const decision = auth.authenticate(watched);
  assert.ok(!(decision instanceof Promise) && decision.kind === "allowed");
  assert.deepEqual(asked, ["rawHeaders", "truncated"]);
  assert.deepEqual(records, []);
});

const failures: readonly [name: string, write: () => Promise<void> | void][] = [
  [
    "throws",
    () => {
      throw new Error("disk full");
    },
  ],
  ["rejects", () => Promise.reject(new Error("disk full"))],
  ["never answers", () => new Promise<void>(() => {})],
];

describe("refuse: what cannot be recorded comes to nothing, and leaves nothing behind", () => {
  for (const [how, write] of failures) {
    test(`when a sink ${how}`, async () => {
      const world = createWorld();
      const { platform, advance } = world;
      let fails = false;
      const sink = { write: () => (fails ? write() : undefined) };
      const events: AuthEvent[] = [];
      const { auth, opened, callerOf } = audited({
        audit: { sinks: [sink], onFailure: "refuse", timeoutMs: 100 },
        onEvent: (event) => void events.push(event),
        platform,
        store: memory({ platform }),
      });
      const { token } = await opened("ada");
      const caller = await callerOf(token);
      const issued = await auth.tickets.issue(caller, { service: "reports" });
      assert.ok(issued.kind === "issued");
      fails = true;
      const settled = async <T>(attempt: Promise<T> | T): Promise<T> => {
        for (let turn = 0; turn < 20; turn++) {
          await new Promise((resolve) => setImmediate(resolve));
          advance(100);
        }
        return attempt;
      };
      const proof = { scheme: "basic", payload: btoa("ada:ada") };
      for (const attempt of [
        () => auth.authenticate(request(passwordOf("ada"))),
        () => auth.logIn(proof, source),
        () => auth.logIn(proof, { ...source, operateAs: { subject: "bob" } }),
        () => auth.beginOperateAs(caller, { subject: "bob" }),
        () => auth.tickets.issue(caller, { service: "reports" }),
      ]) {
        const outcome = await settled<{ readonly kind: string; readonly reason?: string }>(attempt());
        assert.ok(outcome.kind === "denied" && outcome.reason === "unavailable", attempt.toString());
      }
      const redeemed = await settled(auth.tickets.redeem(issued.ticket, "reports"));
      assert.deepEqual(redeemed, { kind: "refused", reason: "unavailable" });
      // A refusal stays one, and an end goes through.
      const refused = await settled(auth.authenticate(request(`Basic ${btoa("ada:wrong")}`)));
      assert.ok(refused.kind === "denied" && refused.reason === "invalid_credentials");
      assert.equal((await auth.sessions.list()).length, 1, "whatever was begun is undone");
      assert.ok(events.every(({ kind }) => kind !== "operate-as"));
      assert.equal(await settled(auth.sessions.end(caller.session?.ref ?? "")), true);
      fails = false;
      assert.equal((await settled(auth.logIn(proof, source))).kind, "opened");
      const again = await settled(auth.tickets.redeem(issued.ticket, "reports"));
      assert.ok(again.kind === "refused" && again.reason === "used", "a ticket is never good twice");
    });
  }
});

test("refuse: whoever begins to operate as somebody unrecorded does not, although the session was recorded", async () => {
  const write = ({ event }: AuditRecord) => {
    if (event === "operate-as") throw new Error("disk full");
  };
  const { auth } = audited({ audit: { sinks: [{ write }], onFailure: "refuse" } });
  const proof = { scheme: "basic", payload: btoa("ada:ada") };
  const outcome = await auth.logIn(proof, { ...source, operateAs: { subject: "bob" } });
  assert.ok(outcome.kind === "denied" && outcome.reason === "unavailable");
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(await auth.sessions.list(), []);
});

describe("continue: everything goes on, each lost record is counted, and the first says so", () => {
  for (const [how, write] of failures) {
    test(`when a sink ${how}`, async () => {
      const events: AuthEvent[] = [];
      const records: AuditRecord[] = [];
      const { auth, advance } = audited({
        audit: {
          sinks: [{ write }, { write: (record) => void records.push(record) }],
          onFailure: "continue",
          timeoutMs: 100,
        },
        onEvent: (event) => void events.push(event),
      });
      for (let round = 0; round < 3; round++) {
        const outcome = await auth.logIn({ scheme: "basic", payload: btoa("ada:ada") }, source);
        assert.equal(outcome.kind, "opened");
      }
      advance(100);
      await new Promise((resolve) => setImmediate(resolve));
      const failed = events.filter((event) => event.kind === "audit-failed");
      assert.deepEqual(
        failed.map(({ repeated }) => repeated),
        [false, true, true],
      );
      assert.equal(records.length, 3, "the other sink has them all");
    });
  }
});

test("no credential is in a record, wherever a caller puts it", async (context) => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  context.diagnostic(`seed ${seed}`);
  const { platform } = createWorld(seed);
  const { auth, records, opened, callerOf } = audited();
  const { token } = await opened("ada");
  const caller = await callerOf(token);
  for (let round = 0; round < 20; round++) {
    const secret = round === 0 ? token : Buffer.from(platform.random(12)).toString("base64url");
    const everywhere = ["traceparent", "x-request-id", "x-forwarded-for", "user-agent", "cookie", "dpop", secret];
    const headers = everywhere.flatMap((name) => [name, secret]);
    for (const authorization of [
      secret,
      `Basic ${secret}`,
      `Bearer ${secret}`,
      `${secret} x`,
      `Basic ${btoa(`${secret}:x`)}`,
      `Basic ${btoa(`ada:${secret}`)}`,
    ]) {
      await auth.authenticate({ ...request(authorization, headers), method: secret, path: `/${secret}` });
      await auth.logIn(
        { scheme: secret, payload: secret },
        { ...request(authorization, headers), target: { method: secret, path: secret } },
      );
    }
    await auth.beginOperateAs(caller, { subject: secret, reason: secret }, source);
    await auth.beginOperateAs(caller, { subject: "bob", reason: secret }, source);
    await auth.tickets.issue(caller, { service: secret }, source);
    await auth.tickets.redeem(secret, "reports", source);
    assert.ok(!JSON.stringify(records).includes(secret), `round ${round}`);
  }
  assert.ok(records.length > 200);
});

test("a text of the directory, or of an operator, is bounded and cannot begin a line", async () => {
  const { auth, records } = audited();
  await auth.sessions.endSubject(`a\u0085b\u2028c\u202Ed${"e".repeat(300)}`, "x\ny");
  const { subject = "", reason } = records[0] ?? assert.fail();
  assert.equal(subject.slice(0, 7), "a\uFFFDb\uFFFDc\uFFFDd");
  assert.equal(subject.length, 256);
  assert.equal(reason, "x\uFFFDy");
});

test("what is no audit is refused at start", () => {
  const create = (audit: unknown) =>
    createAuth({ handlers: [], store: memory(), audit: audit as AuditOptions, realm: "x" });
  const sink = { write() {} };
  for (const [audit, message] of [
    [{ sinks: [], onFailure: "refuse" }, /needs sinks/],
    [{ sinks: [{}], onFailure: "refuse" }, /needs sinks/],
    [{ sinks: [sink] }, /needs onFailure: "continue" loses records when a sink fails, "refuse" loses log-ins/],
    [{ sinks: [sink], onFailure: "ignore" }, /needs onFailure/],
    [{ sinks: [sink], onFailure: "refuse", timeoutMs: 0 }, /timeoutMs/],
  ] as const) {
    assert.throws(() => create(audit), { code: "invalid_options", message });
  }
});
