import { describe } from "node:test";
import { requireOptions } from "../../base/options.js";
import { createStoreTest, type StoreSuiteOptions, storeSuiteKinds } from "./context.js";
import { testStoreData } from "./data.js";
import { testStoreEnds } from "./ends.js";
import { testStoreLimits } from "./limits.js";
import { testStoreRandomly } from "./random.js";
import { testStoreRecords } from "./records.js";
import { testStoreSealed } from "./sealed.js";
import { testStoreSessions } from "./sessions.js";

export type { StoreSuiteOptions, StoreUnderTest } from "./context.js";

/**
 * Declares the tests of the store contract, for `node:test`. Call it in a test file of your store.
 *
 * ```ts
 * describeStore("my store", {
 *   async create() {
 *     const url = await emptyDatabase();
 *     return { store: await mine(url), again: () => mine(url), close: () => dropDatabase(url) };
 *   },
 * });
 * ```
 */
export function describeStore(name: string, options: StoreSuiteOptions): void {
  requireOptions("describeStore", options, storeSuiteKinds);
  describe(`the store contract: ${name}`, () => {
    const test = createStoreTest(options);
    testStoreSessions(test);
    testStoreEnds(test);
    testStoreLimits(test);
    testStoreData(test);
    testStoreSealed(test);
    testStoreRecords(test);
    testStoreRandomly(test);
  });
}
