import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type RunningExample, runExample } from "./run-example.js";

let example: RunningExample;
const authorization = `Basic ${btoa("ada:correct-horse")}`;

describe("examples/node", () => {
  before(async () => {
    example = await runExample("node");
  });
  after(() => example.stop());

  test("it refuses nobody in particular, lets a password in, and logs out", async () => {
    const { origin } = example;
    const refused = await fetch(origin);
    assert.equal(refused.status, 401);
    assert.match(refused.headers.get("www-authenticate") ?? "", /Bearer.*Basic/);

    const greeted = await fetch(origin, { headers: { authorization } });
    assert.deepEqual(await greeted.json(), { hello: "ada", session: null });
    const token = greeted.headers.get("authorization") ?? "";
    assert.match(token, /^Bearer sps_/);

    const again = await fetch(origin, { headers: { authorization: token } });
    assert.match(((await again.json()) as { session: string }).session, /^[\w-]{22}$/);

    const loggedOut = await fetch(origin, { method: "DELETE", headers: { authorization: token } });
    assert.equal(loggedOut.status, 204);
    const ended = await fetch(origin, { headers: { authorization: token } });
    assert.equal(ended.status, 401);
    assert.equal(ended.headers.get("sallyport-reason"), "revoked");
  });

  test("it stops when asked", async () => {
    assert.deepEqual(await example.stop(), [0, null]);
  });
});
