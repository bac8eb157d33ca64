import assert from "node:assert/strict";
import { test } from "node:test";
import { BridgedExchange } from "../../../../src/gateway/forward/bridge/bridged-exchange.js";
import type { BridgedSession, UpstreamToken } from "../../../../src/gateway/forward/bridge/bridged-session.js";
import type { Exchange, UpstreamSide } from "../../../../src/gateway/forward/exchange.js";
import { RecordingExchange } from "../recording-exchange.js";

/** A token with the characters that cookies encode. */
const used: UpstreamToken = { token: "us/ed+token==", version: 1 };

/** An exchange that was sent with the token, and the upstream's side of it by hand. */
function start(caller = new RecordingExchange()) {
  const calls: string[] = [];
  const session = {
    find: () => used,
    follow: (_used: UpstreamToken, token: string | undefined) => void calls.push(`follow ${token}`),
    isProven: () => false,
    renew: async () => {
      calls.push("renew");
      return used;
    },
  };
  const sent: Exchange[] = [];
  const shares = { send: (one: Exchange) => void sent.push(one) };
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
    assert.equal(caller.bodyResumes, 1);
    caller.upstream?.bodyData(c);
    caller.upstream?.bodyEnd();
    assert.deepEqual([second.got, second.isComplete], [[a, b, c].map(String), true]);
    assert.deepEqual(first.got, ["a"]);
  });
}

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

test("another status of gRPC renews nothing", () => {
  const { calls, upstream } = start();
  upstream.head(200, ["content-type", "application/grpc"], false);
  upstream.end(["grpc-status", "7"]);
  assert.ok(!calls.includes("renew"));
});
