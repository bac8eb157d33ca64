import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createDeadlineHeap } from "../../../src/stores/memory/deadline-heap.js";

test("it gives names in the order of their deadlines, and none before its time", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 50 })), fc.integer({ min: 0, max: 50 }), (deadlines, now) => {
      const heap = createDeadlineHeap();
      deadlines.forEach((deadline, index) => {
        heap.push(`${deadline}:${index}`, deadline);
      });
      const due: number[] = [];
      for (let name = heap.popDue(now); name !== undefined; name = heap.popDue(now))
        due.push(Number.parseInt(name, 10));
      assert.deepEqual(
        due,
        deadlines.filter((deadline) => deadline <= now).sort((a, b) => a - b),
      );
      assert.equal(heap.size, deadlines.length - due.length);
    }),
  );
});
