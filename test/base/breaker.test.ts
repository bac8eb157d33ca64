import assert from "node:assert/strict";
import { test } from "node:test";
import { createBreaker } from "../../src/base/breaker.js";
import { createWorld } from "../world.js";

function start() {
  const { platform, advance } = createWorld();
  const told: string[] = [];
  const breaker = createBreaker({
    ...{ what: "the thing", meanwhile: "calls get 503; look at it", platform },
    onWarning: (message) => told.push(message),
  });
  function fail(ms = 0): void {
    const attempt = breaker.begin();
    advance(ms);
    attempt?.failed("is gone");
  }
  function open(): void {
    for (let count = 0; count < 3; count++) fail(500);
    assert.equal(breaker.state, "open");
  }
  return { breaker, told, advance, fail, open };
}

test("three failures in a row within which nothing succeeded for a second open it, with one line", () => {
  const { breaker, told, fail } = start();
  fail();
  fail();
  fail(999);
  assert.equal(breaker.state, "closed", "a burst of failures is no second");
  fail(1);
  assert.equal(breaker.state, "open");
  assert.deepEqual(told, [
    "the thing is gone, 4 times in a row. Until it answers, which is tried every second, calls get 503; look at it",
  ]);
  assert.equal(breaker.begin(), undefined);
});

test("one success between failures keeps it closed, however many fail", () => {
  const { breaker, told, fail } = start();
  for (let count = 0; count < 100; count++) {
    fail(400);
    fail(400);
    breaker.begin()?.succeeded();
  }
  assert.deepEqual([breaker.state, told], ["closed", []]);
});

test("attempts that ended for other reasons say nothing: neither that it failed nor that it answered", () => {
  const { breaker, fail, advance } = start();
  for (let count = 0; count < 100; count++) {
    const attempt = breaker.begin();
    advance(100);
    attempt?.dropped();
  }
  assert.equal(breaker.state, "closed");
  fail(500);
  fail(500);
  breaker.begin()?.dropped();
  fail();
  assert.equal(breaker.state, "open");
});

test("attempts that waited side by side open it once, and what they still say changes nothing", () => {
  const { breaker, told, advance } = start();
  const attempts = Array.from({ length: 256 }, () => breaker.begin());
  advance(5_000);
  for (const attempt of attempts) attempt?.failed("is gone");
  assert.equal(told.length, 1);
  advance(1_000);
  assert.ok(breaker.begin(), "the rest is a second from the failure that opened it");
});

test("when it is open one attempt is let through each second, and all others are refused until that one has ended", () => {
  const { breaker, advance, open } = start();
  open();
  advance(999);
  assert.equal(breaker.begin(), undefined);
  advance(1);
  const trial = breaker.begin();
  assert.deepEqual([trial?.isTrial, breaker.state], [true, "half_open"]);
  advance(60_000);
  assert.equal(breaker.begin(), undefined);
  trial?.failed("is gone");
  assert.equal(breaker.state, "open");
  advance(999);
  assert.equal(breaker.begin(), undefined);
  advance(1);
  assert.ok(breaker.begin());
});

test("a trial that ended for another reason lets the next one through at once", () => {
  const { breaker, advance, open } = start();
  open();
  advance(1_000);
  breaker.begin()?.dropped();
  assert.equal(breaker.begin()?.isTrial, true);
});

test("an answer closes it, with one line that says how long it was gone", () => {
  const { breaker, told, advance, open } = start();
  open();
  advance(58_500);
  breaker.begin()?.succeeded();
  assert.equal(breaker.state, "closed");
  assert.deepEqual(told.slice(1), ["the thing answers again, after 60 s"]);
  assert.equal(breaker.begin()?.isTrial, false);
});

test("an answer to an attempt of before closes it, too, and the failure of a trial of then does not open it", () => {
  const { breaker, advance, open } = start();
  const early = breaker.begin();
  open();
  advance(1_000);
  const trial = breaker.begin();
  early?.succeeded();
  assert.equal(breaker.state, "closed");
  trial?.failed("is gone");
  assert.equal(breaker.state, "closed");
  assert.ok(breaker.begin());
});

test("an observer that throws changes nothing", () => {
  const { platform, advance } = createWorld();
  const onWarning = () => {
    throw new Error("the log is gone");
  };
  const breaker = createBreaker({ what: "x", meanwhile: "", platform, onWarning });
  for (let count = 0; count < 3; count++) {
    const attempt = breaker.begin();
    advance(500);
    attempt?.failed("is gone");
  }
  assert.equal(breaker.state, "open");
});
