import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import type { BodySoFar } from "../../../../src/gateway/forward/exchange.js";
import { RecordingExchange } from "../recording-exchange.js";
import { createByHand } from "./by-hand.js";

test("the address with the fewest exchanges gets the next one, and equals take turns", () => {
  const { send, addresses, busy } = createByHand(3);
  for (let count = 0; count < 9; count += 1) send();
  assert.deepEqual(busy(), [3, 3, 3]);
  for (const free of addresses[1]?.sent.map((sent) => sent.free) ?? []) free();
  assert.deepEqual(busy(), [3, 0, 3]);
  for (let count = 0; count < 3; count += 1) send();
  assert.deepEqual(busy(), [3, 3, 3]);
  const one = createByHand(3);
  for (let count = 0; count < 30; count += 1) {
    one.send();
    one.answer(one.busy().indexOf(1));
  }
  assert.deepEqual(
    one.addresses.map(({ sent }) => sent.length),
    [10, 10, 10],
    "one after the other",
  );
});

test("the places are those of the addresses in use, and what an address that is out still carries", () => {
  const { forwarder, send, addresses, platform, busy } = createByHand(2);
  const [first, second] = addresses;
  assert.ok(first && second);
  first.places = 1;
  for (let count = 0; count < 5; count += 1) send();
  assert.deepEqual(busy(), [1, 4], "one with no free place gets none");
  assert.equal(forwarder.places, 11);
  second.health.failed("is down", platform.monotonic());
  assert.equal(forwarder.places, 1 + 4);
  first.health.failed("is down", platform.monotonic());
  assert.equal(forwarder.places, 11, "none is in use: all are tried");
});

test("where no address has a free place an exchange fails, as the shares prevent", () => {
  const { send, addresses } = createByHand(2);
  for (const address of addresses) address.places = 0;
  const exchange = send();
  assert.deepEqual([exchange.failure?.code, exchange.frees, exchange.attempts], ["no_free_address", 1, 1]);
});

test("an exchange with which an address has not begun goes to the next, and its place is freed once", () => {
  const { send, fail, answer, busy, addresses } = createByHand(4);
  const exchange = send();
  fail(1, "before_request");
  assert.deepEqual([exchange.failure, exchange.frees, busy()], [undefined, 0, [0, 0, 1, 0]]);
  answer(2);
  assert.deepEqual([exchange.status, exchange.frees, exchange.attempts, busy()], [204, 1, 2, [0, 0, 0, 0]]);
  assert.equal(addresses.flatMap(({ sent }) => sent).length, 2);
});

test("it goes to three addresses at most, to each once, and then has the last one's failure", () => {
  for (const count of [2, 4]) {
    const { send, fail, addresses, busy } = createByHand(count);
    const exchange = send();
    for (let tries = 0; tries < count; tries += 1) {
      const at = busy().indexOf(1);
      if (at >= 0) fail(at, "before_request");
    }
    assert.equal(exchange.failure?.code, "lost");
    assert.deepEqual([exchange.frees, addresses.flatMap(({ sent }) => sent).length], [1, Math.min(3, count)]);
  }
});

test("it goes to one address while the breaker of the upstream is not closed", () => {
  const { send, fail, breaker } = createByHand(2);
  breaker.state = "half_open";
  const exchange = send();
  fail(1, "before_request");
  assert.equal(exchange.failure?.code, "lost");
});

test("an exchange with which an address may have begun, or whose caller has left, goes nowhere else", () => {
  for (const lost of [undefined, "before_answer"] as const) {
    const { send, fail, busy } = createByHand(2);
    const exchange = send();
    fail(1, lost);
    assert.deepEqual([exchange.failure?.code, busy()], ["lost", [0, 0]]);
  }
  const answered = createByHand(2);
  const begun = answered.send();
  answered.addresses[1]?.sent[0]?.exchange.head(200, [], false);
  answered.fail(1, "before_request");
  assert.equal(begun.failure?.code, "lost", "an answer has begun");
  const { send, addresses, busy } = createByHand(2);
  const exchange = send();
  exchange.abandon();
  addresses[1]?.sent[0]?.free();
  assert.deepEqual([exchange.frees, busy()], [1, [0, 0]]);
});

for (const [soFar, expected, name] of [
  [undefined, undefined, "that is not kept is not sent again"],
  [{ chunks: ["ab", "c"], isComplete: false }, { chunks: ["ab", "c"], isComplete: false, resumes: 1 }, "goes on"],
  [{ chunks: ["ab", "c"], isComplete: true }, { chunks: ["ab", "c"], isComplete: true, resumes: 0 }, "is sent again"],
] as const) {
  test(`a body that was taken in part and with which no address has begun ${name}`, () => {
    const { send, fail, addresses } = createByHand(2);
    const exchange = send(new RecordingExchange({ method: "POST", framing: { kind: "chunked" } }));
    const [second, first] = addresses.map(({ sent }) => sent);
    const one = first?.[0];
    assert.ok(one && second);
    one.exchange.readBody();
    one.soFar = soFar && ({ ...soFar, chunks: soFar.chunks.map((text) => Buffer.from(text)) } satisfies BodySoFar);
    fail(1, "before_request");
    const other = second[0];
    other?.exchange.readBody();
    assert.equal(exchange.bodyReads, 1);
    assert.deepEqual(
      other && { chunks: other.chunks, isComplete: other.isComplete, resumes: exchange.bodyResumes },
      expected,
    );
    assert.equal(exchange.failure?.code, expected === undefined ? "lost" : undefined);
  });
}

test("a body goes on from an address that has read nothing of it", () => {
  const { send, fail, addresses } = createByHand(3);
  send(new RecordingExchange({ method: "POST", framing: { kind: "chunked" } }));
  const [third, first] = addresses.map(({ sent }) => sent);
  first?.[0]?.exchange.readBody();
  Object.assign(first?.[0] ?? {}, { soFar: { chunks: [Buffer.from("ab")], isComplete: true } });
  fail(1, "before_request");
  // Its own beginning of the body is empty.
  Object.assign(addresses[2]?.sent[0] ?? {}, { soFar: { chunks: [], isComplete: false } });
  fail(2, "before_request");
  third?.[0]?.exchange.readBody();
  assert.deepEqual([third?.[0]?.chunks, third?.[0]?.isComplete], [["ab"], true]);
});

test("what comes of a body before the next address asks for it is kept, and its caller can leave", () => {
  const { send, fail, addresses } = createByHand(3);
  const exchange = send(new RecordingExchange({ method: "POST", framing: { kind: "chunked" } }));
  const [third, first, second] = addresses.map(({ sent }) => sent);
  first?.[0]?.exchange.readBody();
  exchange.upstream?.bodyData(Buffer.from("a"));
  Object.assign(first?.[0] ?? {}, { soFar: { chunks: [Buffer.from("a")], isComplete: false } });
  fail(1, "before_request");
  assert.equal(exchange.upstream?.bodyData(Buffer.from("b")), false);
  fail(2, "before_request");
  assert.equal(exchange.upstream?.bodyData(Buffer.from("c")), false);
  exchange.upstream?.bodyEnd();
  assert.deepEqual(second?.[0]?.chunks, []);
  assert.deepEqual([third?.[0]?.chunks, third?.[0]?.isComplete], [[], false]);
  exchange.upstream?.drained();
  exchange.upstream?.abandoned(8);
  assert.equal(third?.[0]?.abandoned, 8);
  third?.[0]?.exchange.readBody();
  assert.deepEqual([third?.[0]?.chunks, third?.[0]?.isComplete], [["a", "b", "c"], true]);
});

test("what comes of a body once the next address has asked for it goes there", () => {
  const { send, fail, addresses } = createByHand(2);
  const exchange = send(new RecordingExchange({ method: "POST", framing: { kind: "chunked" } }));
  const [second, first] = addresses.map(({ sent }) => sent);
  first?.[0]?.exchange.readBody();
  Object.assign(first?.[0] ?? {}, { soFar: { chunks: [Buffer.from("a")], isComplete: false } });
  fail(1, "before_request");
  Object.assign(second?.[0] ?? {}, { isFull: true });
  second?.[0]?.exchange.readBody();
  assert.equal(exchange.bodyResumes, 0, "it takes no more for now");
  exchange.upstream?.bodyData(Buffer.from("b"));
  exchange.upstream?.bodyEnd();
  assert.deepEqual([second?.[0]?.chunks, second?.[0]?.isComplete], [["a", "b"], true]);
});

test("one exchange tries an address whose time is over, and its answer brings it back", () => {
  const { send, answer, addresses, platform, advance, busy } = createByHand(2);
  const [first] = addresses;
  first?.health.failed("is down", platform.monotonic());
  for (let count = 0; count < 3; count += 1) send();
  assert.deepEqual(busy(), [0, 3]);
  advance(1_000);
  for (let count = 0; count < 3; count += 1) send();
  assert.deepEqual(busy(), [1, 5]);
  answer(0);
  assert.ok(first?.health.isIn);
  for (let count = 0; count < 4; count += 1) send();
  assert.deepEqual(busy(), [4, 5]);
});

test("when none is in use all are tried, and an answer brings one back", () => {
  const { send, answer, addresses, platform, busy } = createByHand(2);
  for (const { health } of addresses) health.failed("is down", platform.monotonic());
  for (let count = 0; count < 4; count += 1) send();
  assert.deepEqual(busy(), [2, 2]);
  answer(0);
  assert.deepEqual(
    addresses.map(({ health }) => health.isIn),
    [true, false],
  );
});

test("all that an address does reaches the caller, and an interim answer or a tunnel is an answer", () => {
  const { send, addresses } = createByHand(2);
  const exchange = send(new RecordingExchange({ method: "POST", path: "/x", framing: { kind: "chunked" } }));
  const at = addresses[1]?.sent[0]?.exchange;
  assert.equal(at?.request, exchange.request);
  at?.readBody();
  at?.resumeBody();
  at?.stopBody();
  at?.hint(["link", "</a>"]);
  assert.deepEqual([exchange.bodyReads, exchange.bodyResumes, exchange.isBodyStopped], [1, 1, true]);
  assert.deepEqual(exchange.hints, [["link", "</a>"]]);
  at?.head(200, [], false);
  at?.data(Buffer.from("b"), false);
  at?.end(["x", "y"]);
  assert.deepEqual([exchange.body, exchange.trailers, at?.isOver], ["b", ["x", "y"], true]);
  for (const answer of ["hint", "tunnel"] as const) {
    const { send, fail, addresses, platform } = createByHand(2);
    for (const { health } of addresses) health.failed("is down", platform.monotonic());
    const one = send();
    const at = addresses[1]?.sent[0]?.exchange;
    if (answer === "hint") at?.hint([]);
    else at?.tunnel([], new PassThrough());
    assert.ok(addresses[1]?.health.isIn, `${answer}: it brings the address back`);
    if (answer === "hint") fail(1, "before_request");
    assert.equal(one.outcome, answer === "hint" ? "fail" : "tunnel");
  }
});

test("a reset goes on like a failure, and keeps its code where it does not", () => {
  const failure = { reason: "upstream_failed", code: "REFUSED_STREAM" } as const;
  const { send, addresses } = createByHand(2);
  const exchange = send();
  const [second, first] = addresses.map(({ sent }) => sent);
  first?.[0]?.exchange.reset(7, { ...failure, lost: "before_request" });
  first?.[0]?.free();
  assert.ok(!exchange.isOver);
  second?.[0]?.exchange.reset(7, { ...failure, lost: "before_request" });
  assert.deepEqual([exchange.errorCode, exchange.failure?.code], [7, "REFUSED_STREAM"]);
});

test("of requests that are broken off at a time one counts", () => {
  const { send, addresses, advance } = createByHand(2);
  for (let count = 0; count < 6; count += 1) send();
  for (const { exchange, free } of [...(addresses[1]?.sent ?? [])]) {
    advance(1);
    exchange.fail({ reason: "upstream_failed", code: "lost", lost: "before_answer" });
    free();
  }
  assert.ok(addresses[1]?.health.isIn);
});

test("at its second address a request has begun when that got it", () => {
  const { send, fail, addresses, advance } = createByHand(2);
  send();
  for (let count = 0; count < 2; count += 1) {
    send();
    advance(1);
    fail(0, "before_answer");
  }
  fail(1, "before_request");
  advance(1);
  assert.ok(addresses[0]?.health.isIn);
  fail(0, "before_answer");
  assert.ok(!addresses[0]?.health.isIn, "three in a row");
});
