import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { type CallOptions, Code, ConnectError, createClient } from "@connectrpc/connect";
import { createAuth } from "../../../src/engine/auth.js";
import { AuthService } from "../../../src/gen/sallyport/v1/auth_service_pb.js";
import { apiKey } from "../../../src/handlers/api-key/api-key.js";
import { createApiKey } from "../../../src/handlers/api-key/record.js";
import type { Handler } from "../../../src/handlers/handler.js";
import { basic } from "../../../src/handlers/password/basic.js";
import { authRoutes } from "../../../src/services/auth/auth-service.js";
import type { AuthRoutesOptions } from "../../../src/services/auth/ticket-methods.js";
import { memory } from "../../../src/stores/memory/memory.js";
import { serveRoutes } from "../server.js";
import { transportCases } from "../transports.js";

function bearer(token: string): CallOptions {
  return { headers: { authorization: `Bearer ${token}` } };
}

async function refusal(promise: Promise<unknown>): Promise<ConnectError> {
  const error = await promise.then(
    () => assert.fail("was let in"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ConnectError);
  return error;
}

describe("a key for one task", () => {
  /** A session by an API key with the scopes given, and one by the password of the same account. */
  async function meet(t: TestContext, scopes: readonly string[], options: AuthRoutesOptions = {}) {
    const { key, record } = createApiKey({ name: "ci", subject: "ada", scopes });
    const handlers: Handler[] = [basic({ verify: (subject) => ({ subject }) }), apiKey({ keys: () => record })];
    const auth = createAuth({ handlers, store: memory() });
    const server = await serveRoutes(1, auth, authRoutes(auth, options));
    t.after(() => server.close());
    const client = createClient(AuthService, (transportCases[0] ?? assert.fail()).create({ baseUrl: server.origin }));
    const context = { peer: { address: "192.0.2.1", trusted: false }, target: { method: "POST", path: "/" } };
    const byKey = await auth.logIn({ scheme: "ApiKey", payload: key }, context);
    const byPassword = await auth.logIn({ scheme: "Basic", payload: btoa("ada:x") }, context);
    assert.ok(byKey.kind === "opened" && byPassword.kind === "opened");
    return { client, byKey, byPassword, key: { headers: { authorization: `ApiKey ${key}` } } };
  }

  for (const scopes of [["metrics"], []]) {
    test(`does not list or end the sessions of its account: scopes ${JSON.stringify(scopes)}`, async (t) => {
      const { client, byKey, byPassword, key } = await meet(t, scopes);
      const { ref } = byPassword.session;
      for (const options of [key, bearer(byKey.token)]) {
        assert.equal((await refusal(client.listSessions({}, options))).code, Code.PermissionDenied);
        assert.equal((await refusal(client.endSession({ ref }, options))).code, Code.PermissionDenied);
      }
      assert.equal((await client.listSessions({}, bearer(byPassword.token))).sessions.length, 2);
      // Its own session is its own.
      await client.endSession({ ref: byKey.session.ref }, bearer(byKey.token));
      assert.equal((await client.listSessions({}, bearer(byPassword.token))).sessions.length, 1);
    });
  }

  test("is told to itself, and to the service that redeems a ticket of it", async (t) => {
    for (const scopes of [["metrics"], []]) {
      const { client, byKey, byPassword, key } = await meet(t, scopes, { servicesOf: () => ["worker"] });
      for (const options of [key, bearer(byKey.token)]) {
        const { caller } = await client.whoAmI({}, options);
        assert.deepEqual([caller?.scoped, caller?.scopes], [true, scopes]);
      }
      for (const [token, scoped] of [
        [byKey.token, true],
        [byPassword.token, false],
      ] as const) {
        const { ticket } = await client.issueTicket({ service: "worker" }, bearer(token));
        const { caller } = await client.redeemTicket({ ticket }, bearer(byPassword.token));
        assert.deepEqual([caller?.scoped, caller?.scopes], [scoped, scoped ? scopes : []]);
      }
    }
  });

  test("does where the application says so, which may also refuse others", async (t) => {
    const { client, byPassword, key } = await meet(t, ["sessions"], {
      mayManageSessions: ({ scopes }) => scopes?.includes("sessions") === true,
    });
    assert.equal((await client.listSessions({}, key)).sessions.length, 2);
    const refused = await refusal(client.listSessions({}, bearer(byPassword.token)));
    assert.equal(refused.code, Code.PermissionDenied);
  });
});
