import assert from "node:assert/strict";
import { it } from "node:test";
import type { Wire } from "./client.js";

/** Declares the tests of fields that a decision adds to the response, beside the token. */
export function describeCarriedFields(
  wireOf: () => Wire,
  answers: Iterable<readonly [path: string, status: number]>,
): void {
  for (const [path, status] of answers) {
    it(`${path} answers ${status} and carries what else the decision says, which no cache may store`, async () => {
      const answer = await wireOf().call({ path, headers: ["authorization", "Bearer ada.nonce"] });
      assert.equal(answer.status, status);
      assert.equal(answer.headers["dpop-nonce"], "next-nonce");
      assert.equal(answer.headers["cache-control"], "no-store");
    });
  }

  it("304 carries none of it", async () => {
    const answer = await wireOf().call({ path: "/not-modified", headers: ["authorization", "Bearer ada.nonce"] });
    assert.equal(answer.status, 304);
    assert.equal(answer.headers["dpop-nonce"], undefined);
  });

  it("a denial carries its own fields, in the protocol of the caller", async () => {
    const headers = ["authorization", "Bearer use_dpop_nonce"];
    const rpc = (type: string) =>
      wireOf().call({ path: "/x.y.Z/Do", method: "POST", body: "12345", headers: [...headers, "content-type", type] });
    const plain = await wireOf().call({ path: "/me", headers });
    assert.equal(plain.status, 401);
    assert.equal(plain.headers["dpop-nonce"], "next-nonce");
    assert.equal(plain.challenges.join(), 'DPoP realm="scripted", error="use_dpop_nonce"');
    const trailersOnly = await rpc("application/grpc");
    assert.equal(trailersOnly.headers["grpc-status"], "16");
    assert.equal(trailersOnly.headers["dpop-nonce"], "next-nonce");
    for (const type of ["application/grpc-web+proto", "application/connect+json"]) {
      assert.match((await rpc(type)).body.toString(), /dpop-nonce(?:: |":\[")next-nonce/);
    }
  });
}
