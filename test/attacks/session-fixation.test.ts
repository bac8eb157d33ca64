import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "@connectrpc/connect";
import { AuthService } from "../../src/gen/sallyport/v1/auth_service_pb.js";
import { start } from "../services/server.js";
import { transportCases } from "../services/transports.js";

for (const { name, version, create } of transportCases) {
  test(`a token planted beside a log-in is neither adopted nor claimed, nor told to whoever planted it: ${name}`, async () => {
    const server = await start(version);
    const peer = { address: "192.0.2.66", trusted: false };
    const rawHeaders = ["authorization", `Basic ${btoa("bob:hunter2")}`];
    const planting = await server.auth.authenticate({ method: "GET", path: "/", rawHeaders, peer });
    assert.ok(planting.kind === "allowed" && planting.offer);
    const planted = planting.offer.token;

    const client = createClient(AuthService, create({ baseUrl: server.origin }));
    const proof = { case: "password", value: { user: "ada", password: "pass:word" } } as const;
    let header: string | null | undefined;
    const { token, session } = await client.logIn(
      { proof },
      {
        headers: { authorization: `Bearer ${planted}` },
        onHeader: (fields) => {
          header = fields.get("authorization");
        },
      },
    );
    assert.notEqual(token, planted);
    assert.equal(header, `Bearer ${token}`);
    const [listed, ...others] = await server.auth.sessions.list({ subject: "bob" });
    assert.deepEqual([listed?.claimed, others], [false, []]);
    assert.notEqual(session?.ref, listed?.ref);
    const who = await client.whoAmI({}, { headers: { authorization: `Bearer ${planted}` } });
    assert.equal(who.caller?.identity?.subject, "bob");
    await server.close();
  });
}
