import { it } from "node:test";
import { createRandom } from "../../src/testing/random.js";
import { sendMutatedRequests } from "./mutated-requests.js";

it("100,000 mutated requests: no crash, no 5xx, and no upstream sees an unauthenticated one", async (test) => {
  const random = createRandom();
  test.diagnostic(`seed ${random.seed}`);
  test.diagnostic(JSON.stringify(await sendMutatedRequests(random, 100_000)));
});
