import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { AuthService } from "../../../src/gen/sallyport/v1/auth_service_pb.js";
import type { AuditRecord } from "../../../src/policies/audit/record.js";
import { clientId, logIn, named, start } from "./enterprise-server.js";

function audited() {
  const records: AuditRecord[] = [];
  const sink = { write: (record: AuditRecord) => void records.push(record) };
  return { records, audit: { sinks: [sink], onFailure: "refuse" } as const };
}

test("a cookie behind a trusted proxy has the address and the id of its caller, not of the proxy", async (context) => {
  const { records, audit } = audited();
  const world = await start(context, {}, { audit, absoluteMs: 3_600_000 }, () => true);
  const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  const headers = {
    "x-forwarded-for": "198.51.100.9",
    traceparent: `00-${trace}-00f067aa0ba902b7-01`,
    authorization: "Bearer of no meaning here",
    cookie: "a=b",
    dpop: "no proof",
  };
  const { result } = await world.api.authenticateByPassword(
    { clientId, userContext: named("ada"), password: "ada" },
    { headers },
  );
  const cookie = result?.cookie ?? assert.fail();
  await world.api.refreshCookie({ cookie }, { headers });
  world.advance(3_600_000);
  await assert.rejects(world.api.refreshCookie({ cookie }, { headers }));
  const { reason, subject, address, correlationId } = records.findLast(({ event }) => event === "refused") ?? {};
  assert.deepEqual(
    { reason, subject, address, correlationId },
    { reason: "expired", subject: "ada", address: "198.51.100.9", correlationId: trace },
  );
});

test("who ends a session of the account that they operate as is recorded as the actor, by RPC", async (context) => {
  const { records, audit } = audited();
  const world = await start(context, {}, { audit });
  const bobs = await logIn(world, "bob");
  const bobsRef = records.at(-1)?.session ?? "";
  const asBob = await logIn(world, "ada", "bob");
  const client = createClient(AuthService, createGrpcTransport({ baseUrl: world.origin }));
  const token = new TextDecoder().decode(asBob.cookie);
  await client.endSession({ ref: bobsRef }, { headers: { authorization: `Bearer ${token}` } });
  const { event, subject, by, byActors } = records.at(-1) ?? {};
  assert.deepEqual(
    { event, subject, by, byActors },
    { event: "session-ended", subject: "bob", by: "bob", byActors: ["ada"] },
  );
  assert.ok(bobs.authenticated);
});
