// Both sides lie: mutated messages in chunks of any size, in any order of events. Whatever comes, the exchange ends once, what
// has passed is whole messages that were sent, and only the trailers of the upstream say how the call ended.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { UpstreamSide } from "../../../src/gateway/forward/exchange.js";
import type { MethodCodec } from "../../../src/gateway/route/route-config.js";
import { isPlan, planCall } from "../../../src/gateway/translate/call-plan.js";
import { toEnvelope } from "../../../src/gateway/translate/envelopes.js";
import { keptMessageBytes, MessageBudget } from "../../../src/gateway/translate/message-budget.js";
import { translateCall } from "../../../src/gateway/translate/translate.js";
import { createRandom, type Random } from "../../../src/testing/random.js";
import { sized } from "../../size.js";
import { RecordingExchange } from "../forward/recording-exchange.js";

class RecordingCaller extends RecordingExchange {
  grpcStatus: string | undefined = undefined;
}

class RecordingUpstream implements UpstreamSide {
  readonly lendsChunks: boolean = false;
  readonly chunks: Buffer[] = [];
  isFull = false;
  hasEnded = false;
  code: number | undefined;
  drains = 0;
  readonly faults: string[] = [];

  bodyData(chunk: Uint8Array): boolean {
    if (this.hasEnded || this.code !== undefined) this.faults.push("a body goes on after its end");
    this.chunks.push(Buffer.from(chunk));
    return !this.isFull;
  }
  bodyEnd(): void {
    if (this.hasEnded) this.faults.push("two ends");
    this.hasEnded = true;
  }
  drained(): void {
    this.drains += 1;
  }
  abandoned(code: number): void {
    if (this.code !== undefined) this.faults.push("abandoned twice");
    this.code = code;
  }
}

const types = [
  "application/grpc-web",
  "application/grpc-web-text",
  "application/connect+proto",
  "application/proto",
  "application/grpc-web+json",
  "application/connect+json",
  "application/json",
] as const;

/** What is JSON, and what it says, is another test's. */
const same: MethodCodec = { toMessage: (bytes: Uint8Array) => bytes, toJson: (bytes: Uint8Array) => bytes };

const maxMessageBytes = 200;

function start(
  type: (typeof types)[number],
  budget: MessageBudget = new MessageBudget(keptMessageBytes),
  most: number = maxMessageBytes,
  codec: MethodCodec = same,
) {
  const caller = new RecordingCaller({
    method: "POST",
    path: "/a.B/C",
    headers: ["content-type", type, "accept-encoding", "gzip"],
    framing: { kind: "chunked" },
  });
  const plan = planCall(caller.request, {
    idempotent: [],
    maxMessageBytes: most,
    methods: new Map([["/a.B/C", codec]]),
  });
  assert.ok(plan !== undefined && isPlan(plan));
  const exchange = translateCall(plan, caller, { ownCookie: "sid", budget });
  const upstream = new RecordingUpstream();
  exchange.attach(upstream);
  exchange.readBody();
  const side = caller.upstream as UpstreamSide;
  return { caller, exchange, upstream, side };
}

/** Messages of a few bytes, of which one in three sequences is spoilt. */
function mutated(random: Random): Buffer {
  const parts = Array.from({ length: random.int(4) }, () =>
    toEnvelope(random.int(8) === 0 ? 1 : 0, random.bytes(random.int(40))),
  );
  const bytes = Buffer.concat(parts);
  if (bytes.length === 0 || random.int(3) > 0) return bytes;
  for (let faults = 1 + random.int(2); faults > 0; faults--) {
    const at = random.int(bytes.length);
    switch (random.int(4)) {
      case 0:
        bytes[at] = random.int(256);
        break;
      case 1:
        // Where a prefix is likely.
        bytes[0] = random.pick([2, 3, 0x80, 0x81, 0xff]);
        break;
      case 2:
        return bytes.subarray(0, at);
      default:
        return Buffer.concat([
          bytes.subarray(0, at),
          forgeries[random.int(forgeries.length)] as Buffer,
          bytes.subarray(at),
        ]);
    }
  }
  return bytes;
}

/** Ends as either protocol has them, of the sender's choice. */
const forged = "grpc-status: 11\r\ngrpc-message: forged\r\n";
const forgeries: readonly Buffer[] = [
  toEnvelope(0x80, Buffer.from(forged)),
  toEnvelope(0x81, Buffer.from(forged)),
  toEnvelope(2, Buffer.from('{"error":{"code":"out_of_range","message":"forged"}}')),
  toEnvelope(3, Buffer.from('{"error":{"code":"out_of_range","message":"forged"}}')),
  Buffer.from([0, 0xff, 0xff, 0xff, 0xff]),
];

function* cut(random: Random, bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + random.int(random.pick([1, 5, 50]));
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

/** The messages of a body, flags before each; `undefined` where it is not whole ones within the limit. */
function messagesOf(bytes: Buffer): string[] | undefined {
  const found: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const flags = bytes[at] as number;
    if (bytes.length - at < 5 || flags > 1) return undefined;
    const length = bytes.readUInt32BE(at + 1);
    if (length > maxMessageBytes || bytes.length - at - 5 < length) return undefined;
    found.push(`${flags}:${bytes.subarray(at + 5, at + 5 + length).toString("hex")}`);
    at += 5 + length;
  }
  return found;
}

/** Takes the end off an answer that is a stream: 0x80 of gRPC-Web, 2 of Connect. */
function splitEnd(body: Buffer, flags: number): readonly [messages: Buffer, end: string] | undefined {
  for (let at = 0; at + 5 <= body.length; ) {
    const length = body.readUInt32BE(at + 1);
    if (body[at] === flags)
      return at + 5 + length === body.length ? [body.subarray(0, at), body.toString("latin1", at + 5)] : undefined;
    at += 5 + length;
  }
  return undefined;
}

/** Base64 with padding in its middle. */
function fromText(text: Buffer): Buffer {
  const parts = text.toString().match(/[^=]+={0,2}/g) ?? [];
  return Buffer.concat(parts.map((part) => Buffer.from(part, "base64")));
}

const statusPattern = /grpc-status: (\d+)\r\n|"code":"(\w+)"/;

test("mutated messages from both sides: the exchange ends once, and no sender chooses a status", (t) => {
  const random = createRandom(process.env.FUZZ_SEED === undefined ? undefined : Number(process.env.FUZZ_SEED));
  t.diagnostic(`seed ${random.seed} (FUZZ_SEED=${random.seed} repeats it)`);
  const outcomes = new Map<string, number>();
  for (let left = sized(3_000, 20_000); left > 0; left--) {
    const type = random.pick(types);
    const budget = new MessageBudget(keptMessageBytes);
    const { caller, exchange, upstream, side } = start(type, budget);
    const [sent, received] = [mutated(random), mutated(random)];
    const isText = type === "application/grpc-web-text";
    const isUnary = type === "application/proto" || type === "application/json";
    const body = isText ? Buffer.from(sent.toString("base64")) : sent;
    const status = random.pick(["0", "5"]);
    const steps: (() => void)[] = [];
    const goesOn = (): boolean => !exchange.isOver && upstream.code === undefined;
    const requests: (() => void)[] = [...cut(random, body)].map((chunk) => () => void side.bodyData(chunk));
    requests.push(() => side.bodyEnd());
    const answers: (() => void)[] = [...cut(random, received)].map((chunk) => () => void exchange.data(chunk, false));
    answers.unshift(
      () => void exchange.head(200, ["content-type", "application/grpc", "grpc-encoding", "gzip"], false),
    );
    answers.push(() => exchange.end(["grpc-status", status]));
    while (requests.length + answers.length > 0) {
      const next = (requests.length > 0 && (answers.length === 0 || random.int(2) === 0) ? requests : answers).shift();
      steps.push(next as () => void);
    }
    for (const step of steps) if (goesOn()) step();

    const note = JSON.stringify({ type, sent: sent.toString("hex"), received: received.toString("hex"), status, left });
    assert.deepEqual([...caller.faults, ...upstream.faults], [], note);
    assert.ok(exchange.isOver, note);
    assert.equal(budget.left, keptMessageBytes, note);
    const passed = Buffer.concat(upstream.chunks);
    if (!isUnary) {
      // What the upstream got is the beginning of what was sent, up to the first frame that is none.
      assert.ok(sent.subarray(0, passed.length).equals(passed), note);
      if (upstream.hasEnded) assert.ok(messagesOf(passed) !== undefined && passed.length === sent.length, note);
    } else if (upstream.hasEnded) assert.ok(passed.equals(toEnvelope(0, sent)), note);

    const text = Buffer.concat(caller.chunks);
    if (caller.outcome === "end") {
      const answer = isText ? fromText(text) : text;
      const expected = messagesOf(received);
      assert.ok(expected !== undefined || (isUnary && status === "5"), note);
      assert.equal(caller.grpcStatus, status, note);
      if (isUnary) assert.equal(caller.status, status === "0" ? 200 : 404, note);
      else {
        const end = splitEnd(answer, type.startsWith("application/connect") ? 2 : 0x80);
        assert.ok(end !== undefined, note);
        assert.deepEqual(messagesOf(end[0]), expected, note);
        const [, number, code] = statusPattern.exec(end[1]) ?? [];
        assert.equal(number ?? (code === "not_found" ? "5" : "0"), status, note);
      }
    } else {
      assert.equal(caller.outcome, "fail", note);
      assert.ok(upstream.code !== undefined || steps.length > 0, note);
      // What it says behind what has passed is the gateway's own.
      const tail = side.ending?.(caller.failure as never);
      if (tail !== undefined) assert.ok(!Buffer.from(tail).toString("latin1").includes("forged"), note);
    }
    const name = `${caller.outcome} ${caller.failure?.code ?? caller.grpcStatus}`;
    outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
  }
  t.diagnostic(JSON.stringify(Object.fromEntries(outcomes)));
  for (const name of [
    "end 0",
    "end 5",
    "fail caller_flags",
    "fail caller_message",
    "fail caller_partial",
    "fail upstream_flags",
  ])
    assert.ok((outcomes.get(name) ?? 0) > 20, `${name}: ${outcomes.get(name)}`);
});

test("trailers in a body are cleaned as those of HTTP are: no token, no reason and no session of the upstream's choice", () => {
  const trailers = ["grpc-status", "0", "x-ok", "1", "set-cookie", "other=1"];
  const managed = ["set-cookie", "sid=forged", "authorization", "Bearer forged", "sallyport-reason", "forged"];
  for (const type of types) {
    const { caller, exchange } = start(type);
    exchange.head(200, ["content-type", "application/grpc"], false);
    exchange.data(toEnvelope(0), false);
    exchange.end([...trailers, ...managed]);
    const body = Buffer.concat(caller.chunks);
    const text = type === "application/grpc-web-text" ? fromText(body) : body;
    const told = `${text.toString("latin1")} ${caller.headers}`;
    assert.ok(told.includes("x-ok") && told.includes("other=1"), told);
    assert.ok(!told.includes("forged"), told);

    const broken = start(type);
    broken.exchange.head(200, ["content-type", "application/grpc"], false);
    broken.exchange.end(["grpc-status", "0", "x", "a\r\ngrpc-status: 5"]);
    assert.equal(broken.caller.failure?.code, "upstream_field");
  }
});

test("what either side does not take stops the other, and goes on with it", () => {
  const message = toEnvelope(0, Buffer.from("a"));
  const { caller, exchange, upstream, side } = start("application/grpc-web");
  assert.equal(side.bodyData(message), true);
  upstream.isFull = true;
  assert.equal(side.bodyData(message), false);
  // Half a prefix passes nothing: more is needed, whatever the upstream's side says.
  assert.equal(side.bodyData(message.subarray(0, 2)), true);
  exchange.resumeBody();
  assert.equal(caller.bodyResumes, 1);
  exchange.head(200, ["content-type", "application/grpc"], false);
  caller.data = () => false;
  assert.equal(exchange.data(message, false), false);
  side.drained();
  assert.equal(upstream.drains, 1);
});

test("unary calls keep one message in each direction, of which all together have a limit", () => {
  const budget = new MessageBudget(300);
  const first = start("application/proto", budget);
  first.side.bodyData(Buffer.alloc(200));
  assert.equal(budget.left, 100);
  const second = start("application/proto", budget);
  second.side.bodyData(Buffer.alloc(101));
  assert.deepEqual([second.caller.failure?.reason, second.upstream.code], ["too_many_messages", 8]);
  assert.equal(budget.left, 100);
  // Sent, it is kept no longer.
  first.side.bodyEnd();
  assert.equal(budget.left, 300);
  first.exchange.head(200, ["content-type", "application/grpc"], false);
  first.exchange.data(toEnvelope(0, Buffer.alloc(150)).subarray(0, 100), false);
  assert.equal(budget.left, 200);
  for (const leave of [
    (call: typeof first) => call.side.abandoned(8),
    (call: typeof first) => call.exchange.fail({ reason: "upstream_failed", code: "x" }),
    (call: typeof first) => call.exchange.reset(2, { reason: "upstream_failed", code: "x" }),
  ]) {
    const call = start("application/proto", budget);
    call.side.bodyData(Buffer.alloc(100));
    assert.equal(budget.left, 100);
    leave(call);
    assert.equal(budget.left, 200);
  }
  first.side.abandoned(8);
  assert.equal(budget.left, 300);
});

test("a unary message counts until the upstream has taken it, and its end is sent then", () => {
  const budget = new MessageBudget(1_000);
  const { exchange, upstream, side } = start("application/proto", budget);
  exchange.resumeBody();
  upstream.isFull = true;
  side.bodyData(Buffer.alloc(100));
  side.bodyEnd();
  assert.deepEqual([upstream.chunks.length, upstream.hasEnded, budget.left], [1, false, 900]);
  exchange.resumeBody();
  assert.deepEqual([upstream.hasEnded, budget.left], [true, 1_000]);
  exchange.resumeBody();
  assert.deepEqual(upstream.faults, []);
});

test("a unary answer counts until the caller has taken it, and goes in parts", () => {
  const length = 200_000;
  const codec = { toMessage: (bytes: Uint8Array) => bytes, toJson: () => Buffer.alloc(length, "j") };
  for (const type of ["application/proto", "application/json"] as const) {
    for (const ending of ["read", "abandoned"] as const) {
      const budget = new MessageBudget(1_000_000);
      const { caller, exchange, upstream, side } = start(type, budget, length, codec);
      exchange.head(200, ["content-type", "application/grpc"], false);
      exchange.data(toEnvelope(0, Buffer.alloc(type === "application/json" ? 10 : length)), false);
      const take = caller.data.bind(caller);
      const sizes: number[] = [];
      caller.data = (chunk, isLast) => {
        sizes.push(chunk.length);
        take(chunk, isLast);
        return false;
      };
      exchange.end(["grpc-status", "0"]);
      assert.deepEqual(sizes, [65_536]);
      assert.ok(budget.left <= 1_000_000 - length);
      if (ending === "abandoned") side.abandoned(8);
      else for (let turn = 0; turn < 3; turn++) side.drained();
      assert.equal(budget.left, 1_000_000);
      // Its call is over: it is told nothing of the rest.
      assert.deepEqual([upstream.code, upstream.drains], [undefined, 0]);
      if (ending === "abandoned") continue;
      assert.deepEqual([caller.outcome, caller.bodyBytes, sizes.length], ["end", length, 4]);
    }
  }
});

test("bytes that come one by one cost no more memory than they are", () => {
  const budget = new MessageBudget(1_000);
  const { caller, side } = start("application/proto", budget);
  for (let count = 0; count < maxMessageBytes; count++) side.bodyData(Buffer.from("x"));
  assert.equal(caller.failure, undefined);
  assert.ok(budget.left >= 1_000 - maxMessageBytes);
});
