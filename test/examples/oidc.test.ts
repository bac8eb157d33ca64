import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type IdentityProvider, startIdentityProvider } from "../handlers/oidc/identity-provider.js";
import { type RunningExample, runExample } from "./run-example.js";

let idp: IdentityProvider;
let example: RunningExample;

describe("examples/oidc", () => {
  before(async () => {
    idp = await startIdentityProvider();
    idp.claims = { groups: ["staff", "guests"] };
    example = await runExample("oidc", { ISSUER: idp.issuer, AUDIENCE: "https://api.example" });
  });
  after(async () => {
    await example.stop();
    await idp.close();
  });

  test("a token of the provider is let in with the roles of its groups, and one for another service is not", async () => {
    const ask = async (audience: string) =>
      fetch(example.origin, { headers: { authorization: `Bearer ${await idp.accessToken(audience)}` } });
    assert.deepEqual(await (await ask("https://api.example")).json(), {
      subject: "machine",
      issuer: idp.issuer,
      roles: ["user"],
    });
    assert.equal((await ask("https://other.example")).status, 401);
  });
});
