import { it } from "node:test";
import { createRandom } from "../../src/testing/random.js";
import { sized } from "../size.js";
import { sendMutatedRequests } from "./mutated-requests.js";

const count = sized(800, 10_000);

it(`${count} mutated requests: no crash, no 5xx, and no upstream sees an unauthenticated one`, async (test) => {
  const random = createRandom();
  test.diagnostic(`seed ${random.seed}`);
  test.diagnostic(JSON.stringify(await sendMutatedRequests(random, count)));
});
