// The first import of every group of tests. A test that hangs ends its process, which says which test it was.
// `node --test --test-timeout` would not: in Node 20 it bounds a file, and no test.
import { writeSync } from "node:fs";
import { beforeEach } from "node:test";

/** More than every `hangMs` of the tests: a test that has a time-out of its own fails by it, and the others go on. */
const deadlineMs = process.env.SALLYPORT_TEST_SIZE === "full" ? 20 * 60_000 : 240_000;

const { setTimeout, clearTimeout } = globalThis; // Some tests turn the clock.

beforeEach((test) => {
  const timer = setTimeout(() => {
    writeSync(2, `The test "${test.name}" hangs: it has not ended in ${deadlineMs / 1_000} s.\n`);
    process.exit(1);
  }, deadlineMs);
  timer.unref();
  test.after(() => clearTimeout(timer));
});
