import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { BridgeError } from "../../../../src/gateway/forward/bridge/bridge-error.js";
import { BridgedExchange } from "../../../../src/gateway/forward/bridge/bridged-exchange.js";
import type { BridgedSession, UpstreamToken } from "../../../../src/gateway/forward/bridge/bridged-session.js";
import type { Exchange, UpstreamSide } from "../../../../src/gateway/forward/exchange.js";
import { RecordingExchange } from "../recording-exchange.js";

/** A token with the characters that cookies encode. */
const used: UpstreamToken = { token: "us/ed+token==", version: 1 };

/** An exchange that was sent with the token, and the upstream's side of it by hand. */
function start(caller = new RecordingExchange(), own: Partial<BridgedSession> = {}) {
  const calls: string[] = [];
  const session = {
    find(client: string | undefined): UpstreamToken {
      calls.push(`find for ${client}`);
      return used;
    },
    follow: (_used: UpstreamToken, token: string | undefined) => void calls.push(`follow ${token}`),
    isProven: () => false,
    renew: async () => {
      calls.push("renew");
      return used;
    },
    ...own,
  };
  const sent: Exchange[] = [];
  const shares = {
    send(one: Exchange, client: string | undefined) {
      calls.push(`for ${client}`);
      sent.push(one);
    },
  };
  new BridgedExchange(caller, session as Partial<BridgedSession> as BridgedSession, shares, "192.0.2.1").start();
  return { caller, calls, sent, upstream: sent[0] as Exchange };
}

/** An upstream's side that must be given nothing before it has asked for the body. */
class Side implements UpstreamSide {
  readonly lendsChunks = false;
  readonly got: string[] = [];
  isAsked = false;
  isComplete = false;

  /** Asks for the body. */
  ask(exchange: Exchange): void {
    this.isAsked = true;
    exchange.readBody();
  }

  bodyData(chunk: Uint8Array): boolean {
    assert.ok(this.isAsked);
    this.got.push(String(chunk));
    return true;
  }

  bodyEnd(): void {
    assert.ok(this.isAsked);
    this.isComplete = true;
  }

  drained(): void {}
  abandoned(): void {}
}

for (const size of [1, 100_000]) {
  test(`what comes of a body before the upstream asks for it again is kept, in chunks of ${size} bytes`, async () => {
    const [a, b, c] = ["a", "b", "c"].map((text) => Buffer.from(text.repeat(text === "b" ? size : 1)));
    assert.ok(a && b && c);
    const { caller, sent, upstream } = start(new RecordingExchange({ method: "POST", framing: { kind: "chunked" } }));
    const first = new Side();
    upstream.attach(first);
    first.ask(upstream);
    assert.equal(caller.upstream?.bodyData(a), true);
    upstream.head(401, [], true);
    await Promise.resolve();
    await Promise.resolve();
    const again = sent[1] as Exchange;
    const second = new Side();
    again.attach(second);
    assert.equal(caller.upstream?.bodyData(b), false, "the second one has not asked yet");
    second.ask(again);
    assert.deepEqual([caller.bodyReads, caller.bodyResumes], [1, 1]);
    caller.upstream?.bodyData(c);
    caller.upstream?.bodyEnd();
    assert.deepEqual([second.got, second.isComplete], [[a, b, c].map(String), true]);
    assert.deepEqual(first.got, ["a"]);
  });
}

for (const [bytes, isRepeated] of [
  [64 * 1024, true],
  [64 * 1024 + 1, false],
] as const) {
  test(`a body of which ${bytes} bytes were sent is ${isRepeated ? "sent again" : "not kept, and its token renewed"}`, async () => {
    const { caller, calls, sent, upstream } = start(
      new RecordingExchange({ method: "POST", framing: { kind: "chunked" } }),
    );
    const first = new Side();
    upstream.attach(first);
    first.ask(upstream);
    for (const part of [1, bytes - 1]) caller.upstream?.bodyData(Buffer.alloc(part));
    upstream.head(401, [], true);
    await Promise.resolve();
    await Promise.resolve();
    assert.ok(calls.includes("renew"));
    assert.deepEqual([sent.length, caller.failure?.code], isRepeated ? [2, undefined] : [1, "upstream_token_refused"]);
  });
}

test("a body that the upstream has stopped is sent again with the rest of it", async () => {
  const { caller, sent, upstream } = start(new RecordingExchange({ method: "POST", framing: { kind: "chunked" } }));
  const first = new Side();
  upstream.attach(first);
  first.ask(upstream);
  caller.upstream?.bodyData(Buffer.from("a"));
  upstream.stopBody();
  upstream.head(401, [], true);
  await Promise.resolve();
  await Promise.resolve();
  const again = sent[1] as Exchange;
  const second = new Side();
  again.attach(second);
  second.ask(again);
  assert.equal(caller.upstream?.bodyData(Buffer.from("b")), true);
  caller.upstream?.bodyEnd();
  assert.deepEqual([second.got, second.isComplete, caller.isBodyStopped], [["a", "b"], true, false]);
});

test("a body is asked for no further while the upstream that gets it again is full", async () => {
  const { caller, sent, upstream } = start(new RecordingExchange({ method: "POST", framing: { kind: "chunked" } }));
  const first = new Side();
  upstream.attach(first);
  first.ask(upstream);
  caller.upstream?.bodyData(Buffer.from("a"));
  upstream.head(401, [], true);
  await Promise.resolve();
  await Promise.resolve();
  const again = sent[1] as Exchange;
  const full = Object.assign(new Side(), { bodyData: () => false });
  again.attach(full);
  full.ask(again);
  assert.equal(caller.bodyResumes, 0);
});

test("a body that ends before the upstream asks for it again is complete", async () => {
  const { caller, sent, upstream } = start(new RecordingExchange({ method: "POST", framing: { kind: "chunked" } }));
  const first = new Side();
  upstream.attach(first);
  first.ask(upstream);
  upstream.head(401, [], true);
  await Promise.resolve();
  await Promise.resolve();
  const again = sent[1] as Exchange;
  const second = new Side();
  again.attach(second);
  caller.upstream?.bodyData(Buffer.from("a"));
  caller.upstream?.bodyEnd();
  second.ask(again);
  assert.deepEqual([second.got, second.isComplete], [["a"], true]);
});

const next = "ne/xt+token=";

for (const [name, value] of [
  ["the token that was used", used.token],
  ["the token that the answer gives", next],
  ["one of them in the midst of other text", `a ${next} b`],
  ["one as cookies encode it", encodeURIComponent(next)],
  ["one encoded in lower case", `session=${encodeURIComponent(used.token).toLowerCase()}; Path=/`],
  ["one of which every character is encoded", Buffer.from(next).toString("hex").replace(/../g, "%$&")],
] as const) {
  test(`no field of an answer has ${name}`, () => {
    const { caller, upstream } = start();
    const fields = ["x-a", "100%", "set-cookie", value, "authorization", `Bearer ${next}`, "x-b", "%41"];
    upstream.head(200, fields, false);
    assert.deepEqual(caller.headers, ["x-a", "100%", "x-b", "%41"]);
    upstream.end(["x-c", "c", "x-debug", value]);
    assert.deepEqual(caller.trailers, ["x-c", "c"]);
    assert.deepEqual(caller.faults, []);
  });
}

test("a gRPC call that is refused behind the head of its answer is passed on, and its token is renewed", () => {
  const { caller, calls, upstream } = start();
  upstream.head(200, ["content-type", "application/grpc"], false);
  upstream.end(["grpc-status", "16"]);
  assert.deepEqual(caller.trailers, ["grpc-status", "16"]);
  assert.deepEqual(
    calls.filter((call) => call === "renew"),
    ["renew"],
  );
});

test("a rotation that is in the trailers is followed, and a call without an answer fails", () => {
  const { calls, upstream } = start();
  upstream.head(200, [], false);
  upstream.end(["authorization", `Bearer ${next}`]);
  assert.equal(calls.at(-1), `follow ${next}`);
  const failing = start();
  failing.upstream.fail({ reason: "upstream_failed", code: "lost" });
  assert.equal(failing.caller.failure?.code, "lost");
});

test("another status of gRPC renews nothing", () => {
  const { calls, upstream } = start();
  upstream.head(200, ["content-type", "application/grpc"], false);
  upstream.end(["grpc-status", "7"]);
  assert.ok(!calls.includes("renew"));
});

const upload = () => new RecordingExchange({ method: "POST", framing: { kind: "chunked" } });

test("a body that the upstream stops is kept until its answer, and dropped with that", () => {
  const { caller, upstream } = start(upload());
  const side = new Side();
  upstream.attach(side);
  side.ask(upstream);
  caller.upstream?.bodyData(Buffer.from("a"));
  upstream.resumeBody();
  assert.equal(caller.bodyResumes, 1);
  upstream.stopBody();
  assert.equal(caller.upstream?.bodyData(Buffer.from("b")), false);
  caller.upstream?.bodyEnd();
  upstream.resumeBody();
  assert.deepEqual([side.got, side.isComplete, caller.bodyResumes], [["a"], false, 1]);
  assert.equal(caller.isBodyStopped, false);
  upstream.head(200, [], false);
  assert.equal(caller.isBodyStopped, true);
  upstream.end([]);
  assert.deepEqual(caller.faults, []);
});

test("what the caller does reaches the upstream that has the call, and what that does the caller", () => {
  const { caller, upstream } = start(upload());
  const done: unknown[] = [];
  const side = Object.assign(new Side(), {
    ...{ lendsChunks: true, drained: () => done.push("drained"), abandoned: (code: number) => done.push(code) },
  });
  assert.equal(caller.upstream?.lendsChunks, false);
  upstream.attach(side);
  assert.equal(caller.upstream?.lendsChunks, true);
  upstream.hint(["link", "</a>", "x-debug", used.token]);
  assert.deepEqual(caller.hints, [["link", "</a>"]]);
  upstream.head(200, [], false);
  upstream.stopBody();
  assert.equal(caller.isBodyStopped, true);
  upstream.data(Buffer.from("x"), false);
  assert.equal(caller.body, "x");
  caller.upstream?.drained();
  upstream.reset(5, { reason: "upstream_failed", code: "reset" });
  assert.deepEqual([caller.errorCode, caller.failure?.code, upstream.isOver], [5, "reset", true]);
  caller.upstream?.abandoned(8);
  assert.deepEqual(done, ["drained", 8]);
});

test("no field of the answer that opens a tunnel has a token, and its rotation is followed", () => {
  const { caller, calls, upstream } = start();
  upstream.tunnel(["x-a", "a", "authorization", `Bearer ${next}`, "x-debug", next], new PassThrough());
  assert.deepEqual(caller.headers, ["x-a", "a"]);
  assert.deepEqual(calls.slice(2), [`follow ${next}`]);
});

test("a refused call is sent three times at most, and passed on once the upstream has taken the token", async () => {
  const { caller, sent } = start();
  for (let count = 0; count < 3; count += 1) {
    assert.equal(sent.length, count + 1);
    assert.equal(sent[count]?.head(401, [], true), false);
    await Promise.resolve();
    await Promise.resolve();
  }
  assert.deepEqual([sent.length, caller.failure?.code], [3, "upstream_token_refused"]);
  const proven = start(undefined, { isProven: () => true });
  proven.upstream.head(401, [], true);
  assert.equal(proven.caller.status, undefined, "it was not refused with this token before");
  await Promise.resolve();
  await Promise.resolve();
  proven.sent[1]?.head(401, [], true);
  assert.equal(proven.caller.status, 401);
});

for (const [name, status, fields, isLast, isRepeated] of [
  ["401", 401, [], false, true],
  ["trailers alone of gRPC with 16", 200, ["content-type", "application/grpc", "grpc-status", "16"], true, true],
  ["the head of a call of gRPC", 200, ["content-type", "application/grpc", "grpc-status", "16"], false, false],
  ["another status of gRPC", 200, ["content-type", "application/grpc", "grpc-status", "7"], true, false],
  ["a field of that name elsewhere", 200, ["content-type", "text/plain", "grpc-status", "16"], true, false],
  ["403", 403, [], true, false],
] as const) {
  test(`${name} ${isRepeated ? "is a refusal" : "is no refusal"} of the token`, () => {
    const { caller, calls, upstream } = start();
    upstream.head(status, fields, isLast);
    assert.deepEqual([calls.includes("renew"), caller.status], isRepeated ? [true, undefined] : [false, status]);
  });
}

for (const [error, code] of [
  [new BridgeError({ reason: "upstream_timeout", code: "no_answer" }), "no_answer"],
  [new Error("the password is s3cret"), "store_unavailable"],
] as const) {
  test(`a call without a token fails once, with ${code}, and not at all when its caller has left`, async () => {
    const rejects = { find: () => Promise.reject(error) };
    const { caller, sent } = start(undefined, rejects);
    await Promise.resolve();
    await Promise.resolve();
    assert.equal(caller.failure?.code, code);
    const thrown = start(undefined, {
      find() {
        throw error;
      },
    });
    assert.equal(thrown.caller.failure?.code, code);
    const left = start(undefined, rejects);
    left.caller.abandon();
    await Promise.resolve();
    await Promise.resolve();
    assert.deepEqual([left.caller.failure, left.caller.faults, sent], [undefined, [], []]);
  });
}

test("a call whose caller leaves while its token is looked for is not sent", async () => {
  const { caller, sent } = start(undefined, { find: async () => used });
  caller.abandon();
  await Promise.resolve();
  await Promise.resolve();
  assert.deepEqual(sent, []);
});

test("a call is the caller's with the token, and takes a place of the client's share", () => {
  const caller = new RecordingExchange({ path: "/x", headers: ["x-a", "a", "authorization", "Bearer ours"] });
  const { calls, upstream } = start(caller);
  const headers = ["x-a", "a", "authorization", `Bearer ${used.token}`];
  assert.deepEqual(upstream.request, { ...caller.request, headers });
  assert.deepEqual(calls, ["find for 192.0.2.1", "for 192.0.2.1"]);
});
