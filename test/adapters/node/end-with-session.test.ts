import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createClient } from "@connectrpc/connect";
import { AuthService } from "../../../src/gen/sallyport/v1/auth_service_pb.js";
import { absoluteMs, start } from "../../services/server.js";
import { TalkService } from "../../services/talk-service.js";
import { transportCases } from "../../services/transports.js";

describe("a stream lives with its session", () => {
  for (const { name, version, create } of transportCases) {
    for (const [how, reason] of [
      ["is revoked", "revoked"],
      ["expires", "expired"],
    ] as const) {
      test(`${name}: when the session ${how}, its stream ends`, async () => {
        const running = await start(version);
        try {
          const transport = create({ baseUrl: running.origin });
          const proof = { case: "password", value: { user: "ada", password: "pass:word" } } as const;
          const { token, session } = await createClient(AuthService, transport).logIn({ proof });
          const headers = { authorization: `Bearer ${token}` };
          const stream = createClient(TalkService, transport).count({ value: "stay" }, { headers });
          const messages = stream[Symbol.asyncIterator]();
          assert.equal((await messages.next()).value?.value, "1");

          if (reason === "expired") running.advance(absoluteMs);
          else assert.ok(await running.auth.sessions.end(session?.ref ?? ""));
          await assert.rejects(messages.next());

          const refused = await createClient(AuthService, transport)
            .whoAmI({}, { headers })
            .catch((error) => error);
          assert.equal(refused.metadata.get("sallyport-reason"), reason);
        } finally {
          await running.close();
        }
      });
    }
  }
});
