import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Code, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { AuthClient } from "../../src/client/auth-client.js";
import { createBearer } from "../../src/client/bearer/bearer.js";
import { createBearerInterceptor } from "../../src/client/bearer/bearer-interceptor.js";
import { overlapMs, type Running, rotateAfterMs, start } from "../services/server.js";
import { TalkService } from "../services/talk-service.js";

let server: Running;

describe("client/relay", () => {
  before(async () => {
    server = await start();
  });
  after(() => server.close());

  test("a relay hands the owner's next token on and goes on sending what it was given", async () => {
    const owner = new AuthClient({ baseUrl: server.origin });
    await owner.password("ada", "pass:word");
    const given = owner.token ?? "";
    const handedOn: string[] = [];
    const bearer = createBearer({ token: given, follow: false, onToken: (token) => handedOn.push(token) });
    const interceptors = [createBearerInterceptor(bearer)];
    const talk = createClient(
      TalkService,
      createConnectTransport({ baseUrl: server.origin, httpVersion: "1.1", interceptors }),
    );

    await talk.say({ value: "1" });
    assert.deepEqual(handedOn, []);
    server.advance(rotateAfterMs);
    await talk.say({ value: "2" });
    assert.equal(handedOn.length, 1);
    assert.equal(bearer.token, given);

    // The owner was handed it and uses it; the relay's old one is refused and not repeated.
    await createClient(
      TalkService,
      createConnectTransport({
        baseUrl: server.origin,
        httpVersion: "1.1",
        interceptors: [createBearerInterceptor(createBearer({ token: handedOn[0] }))],
      }),
    ).say({ value: "3" });
    server.advance(overlapMs + 1);
    await assert.rejects(talk.say({ value: "4" }), { code: Code.Unauthenticated });
    assert.deepEqual(server.calls, ["say 1", "say 2", "say 3"]);
  });
});
