import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createRandom } from "../../../src/testing/random.js";
import { hangMs, isFull } from "../../size.js";
import { closePages } from "./browser.js";
import { closeDirectory } from "./directory.js";
import { places, play } from "./play.js";
import { closeProvider } from "./providers.js";
import { changes } from "./source.js";
import { table } from "./table.js";
import { type StreamingUpstreams, startUpstreams } from "./upstreams.js";

/** The rows of the table that have an outcome, each at each place. */
const cells = Object.entries(table).flatMap(([handler, { make, lacks, outcomes }]) =>
  changes.flatMap((change) => {
    const letters = outcomes[change].startsWith("none: ") ? [] : outcomes[change].split(" ");
    return letters.map((expected, at) => ({
      name: `${handler}, ${change}, ${places[at]}`,
      ...{ make, lacks, change, expected, place: places[at] ?? assert.fail("four places") },
    }));
  }),
);

/** How many cells `npm test` draws: each takes some 80 ms. */
const drawn = 20;

describe("17. Who is shut out is out, in the stated time, on every node, with all streams", () => {
  let upstreams: StreamingUpstreams;
  before(async () => {
    upstreams = await startUpstreams();
  });
  after(async () => {
    upstreams.close();
    await closeProvider();
    await closeDirectory();
    await closePages();
  });

  it("every handler has an outcome for every change, or a reason why not", () => {
    for (const [handler, { outcomes }] of Object.entries(table)) {
      for (const change of changes) {
        assert.match(outcomes[change], /^none: .|^[ioru]{4}[ioru-]( [ioru]{4}[ioru-]){2}$/, `${handler}, ${change}`);
      }
    }
  });

  const { FUZZ_SEED } = process.env;
  const random = createRandom(FUZZ_SEED === undefined ? undefined : Number(FUZZ_SEED));
  const chosen = isFull ? cells : Array.from({ length: drawn }, () => cells[random.int(cells.length)] ?? assert.fail());
  for (const { name, lacks, expected, ...scene } of new Set(chosen)) {
    it(`${name}: ${expected}`, { timeout: hangMs, skip: lacks ?? false }, async (t) => {
      t.diagnostic(`seed ${random.seed} (FUZZ_SEED=${random.seed} repeats it)`);
      assert.equal(await play({ ...scene, upstreams }), expected);
    });
  }
});
