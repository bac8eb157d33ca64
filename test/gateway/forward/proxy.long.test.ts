import assert from "node:assert/strict";
import { it } from "node:test";
import { passBothWays } from "./big-body.js";

for (const protocol of ["HTTP/1", "HTTP/2"] as const) {
  it(`a body of 1 GB passes both ways, ${protocol}, in flat memory`, async (test) => {
    const grown = await passBothWays(protocol, 1024);
    test.diagnostic(`RSS grew by ${grown} MB`);
    assert.ok(grown < 120, `RSS grew by ${grown} MB`);
  });
}
