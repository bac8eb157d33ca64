import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { durationFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { type CallOptions, type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { AuthService } from "../../../src/gen/sallyport/v1/auth_service_pb.js";
import type { OperateAsRule } from "../../../src/policies/operate-as/rules.js";
import { authRoutes } from "../../../src/services/auth/auth-service.js";
import { type OperateAsWorld, start as startEngine } from "../../policies/operate-as/operate-as-world.js";
import { serveRoutes } from "../server.js";
import { transportCases } from "../transports.js";

const rules: readonly OperateAsRule[] = [
  { actors: ["ada"], targets: ["bob"], reasonRequired: true, maxMs: 3_600_000 },
  { actors: ["ada"], targets: ["dave"], services: ["reports"] },
];

const bearer = (token: string): CallOptions => ({ headers: { authorization: `Bearer ${token}` } });
const codeOf = (code: Code) => (error: unknown) => error instanceof ConnectError && error.code === code;

for (const { name, version, create } of transportCases) {
  describe(`tickets and operate-as over ${name}`, () => {
    let server: Awaited<ReturnType<typeof serveRoutes>>;
    let engine: OperateAsWorld;
    let client: Client<typeof AuthService>;

    before(async () => {
      engine = startEngine(rules);
      server = await serveRoutes(version, engine.auth, authRoutes(engine.auth));
      client = createClient(AuthService, create({ baseUrl: server.origin }));
    });
    after(() => server.close());

    const logIn = async (user: string) =>
      (await client.logIn({ proof: { case: "password", value: { user, password: user } } })).token;

    test("a ticket passes from caller to service, once", async () => {
      const token = await logIn("ada");
      await assert.rejects(client.redeemTicket({ ticket: "spt_x" }, bearer(token)), codeOf(Code.NotFound));
      const issued = await client.issueTicket({ service: "bob", life: durationFromMs(60_000) }, bearer(token));
      assert.ok(issued.expiresAt && timestampMs(issued.expiresAt) > 1_800_000_000_000);
      const service = await logIn("bob");
      const redeemed = await client.redeemTicket({ ticket: issued.ticket }, bearer(service));
      assert.equal(redeemed.caller?.identity?.subject, "ada");
      assert.equal(redeemed.caller?.scheme, "basic");
      assert.match(redeemed.sessionRef, /^[\w-]{22}$/);
      await assert.rejects(client.redeemTicket({ ticket: issued.ticket }, bearer(service)), (error) => {
        assert.ok(error instanceof ConnectError);
        assert.equal(error.code, Code.NotFound);
        assert.equal(error.rawMessage, "The ticket was not accepted.");
        assert.equal(error.metadata.get("sallyport-ticket"), "used");
        return true;
      });
    });

    test("who is not the service may not redeem, by whatever name it says, nor as somebody it operates as", async () => {
      const token = await logIn("ada");
      const { ticket } = await client.issueTicket({ service: "bob" }, bearer(token));
      const carol = await logIn("carol");
      await assert.rejects(
        client.redeemTicket({ ticket, service: "bob" }, bearer(carol)),
        codeOf(Code.PermissionDenied),
      );
      const asBob = await client.operateAs({ wish: { subject: "bob", reason: "looking" } }, bearer(token));
      await assert.rejects(client.redeemTicket({ ticket }, bearer(asBob.token)), codeOf(Code.PermissionDenied));
      const bob = await logIn("bob");
      assert.equal(
        (await client.redeemTicket({ ticket, service: "bob" }, bearer(bob))).caller?.identity?.subject,
        "ada",
      );
    });

    test("whoever comes without a session and proves a key badly begins no session without one", async () => {
      const authorization = `Basic ${btoa("ada:ada")}`;
      await client.whoAmI({}, { headers: { authorization } }); // the offer of this connection
      const wish = { subject: "bob", reason: "ticket 42" };
      const calling = client.operateAs({ wish }, { headers: { authorization, dpop: "nonsense" } });
      await assert.rejects(calling, (error) => {
        assert.ok(error instanceof ConnectError);
        assert.equal(error.metadata.get("sallyport-reason"), "invalid_dpop_proof");
        return true;
      });
      assert.notEqual((await client.operateAs({ wish }, { headers: { authorization } })).token, "");
    });

    test("operates as another at log-in, and from a session that goes on", async () => {
      const proof = { case: "password", value: { user: "ada", password: "ada" } } as const;
      const opened = await client.logIn({ proof, operateAs: { subject: "bob", reason: "ticket 42" } });
      assert.equal(opened.caller?.identity?.subject, "bob");
      assert.equal(opened.caller?.actor?.subject, "ada");
      const token = await logIn("ada");
      let header: Headers | undefined;
      const switched = await client.operateAs(
        { wish: { subject: "bob", reason: "ticket 42", maxDuration: durationFromMs(600_000) } },
        { ...bearer(token), onHeader: (headers) => (header = headers) },
      );
      assert.equal(header?.get("authorization"), null, "the token of the session that goes on is not replaced");
      const { session } = switched;
      assert.ok(session?.createdAt && session.expiresAt);
      assert.equal(timestampMs(session.expiresAt) - timestampMs(session.createdAt), 600_000);
      const who = await client.whoAmI({}, bearer(switched.token));
      assert.deepEqual([who.caller?.identity?.subject, who.caller?.actor?.subject], ["bob", "ada"]);
      assert.equal((await client.whoAmI({}, bearer(token))).caller?.identity?.subject, "ada");
    });

    test("without the right it is refused, in the same words for an account that is not there", async () => {
      const token = await logIn("ada");
      const messages = [];
      for (const subject of ["carol", "nobody", ""]) {
        const error = await client
          .operateAs({ wish: { subject, reason: "x" } }, bearer(token))
          .catch((reason: unknown) => reason);
        assert.ok(error instanceof ConnectError);
        messages.push(`${error.code} ${error.rawMessage} ${error.metadata.get("sallyport-reason")}`);
      }
      assert.deepEqual(
        [...new Set(messages)],
        [`${Code.PermissionDenied} You may not operate as this account. operate_as_refused`],
      );
      await assert.rejects(client.operateAs({}, bearer(token)), codeOf(Code.InvalidArgument));
    });

    test("for one ticket only, and only for its service", async () => {
      const token = await logIn("ada");
      const wish = { subject: "dave" };
      await assert.rejects(client.operateAs({ wish }, bearer(token)), codeOf(Code.PermissionDenied));
      const { ticket } = await client.issueTicket({ service: "reports", operateAs: wish }, bearer(token));
      const redeemed = await engine.auth.tickets.redeem(ticket, "reports");
      assert.ok(redeemed.kind === "redeemed");
      assert.deepEqual([redeemed.identity.subject, redeemed.actor?.subject], ["dave", "ada"]);
    });

    test("a ticket needs a session, and a life that can be", async () => {
      const password = { headers: { authorization: `Basic ${Buffer.from("ada:ada").toString("base64")}` } };
      await assert.rejects(client.issueTicket({ service: "x" }, password), codeOf(Code.FailedPrecondition));
      const token = await logIn("ada");
      for (const life of [0, 300_001]) {
        const call = client.issueTicket({ service: "x", life: durationFromMs(life) }, bearer(token));
        await assert.rejects(call, codeOf(Code.InvalidArgument));
      }
    });
  });
}
