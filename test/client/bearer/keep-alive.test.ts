import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { AuthClient } from "../../../src/client/auth-client.js";
import { parseToken } from "../../../src/client/bearer/token-holder.js";
import { type Running, rotateAfterMs, start } from "../../services/server.js";
import { TalkService } from "../../services/talk-service.js";

let server: Running;

describe("client/bearer/keep-alive", () => {
  before(async () => {
    server = await start(2);
  });
  after(() => server.close());

  test("while only a stream is open, the session is refreshed, and no longer", async () => {
    let refreshed = 0;
    let heard: () => void = () => {};
    const watch: Interceptor = (next) => async (request) => {
      const isRefresh = request.method.name === "Refresh";
      if (isRefresh) refreshed++; // as it is sent: a clock that is turned waits for nobody
      const response = await next(request);
      if (isRefresh) heard();
      return response;
    };
    const client = new AuthClient({
      baseUrl: server.origin,
      transport: ({ baseUrl, interceptors }) =>
        createConnectTransport({ baseUrl, httpVersion: "2", interceptors: [...interceptors, watch] }),
      keepAliveMs: rotateAfterMs,
      keepAlive: "streams",
      delay: server.platform.delay,
    });

    /** Lets one interval pass, and waits for the refresh that it causes. */
    async function passInterval(): Promise<void> {
      const done = new Promise<void>((resolve) => {
        heard = resolve;
      });
      server.advance(rotateAfterMs);
      await done;
    }

    await client.password("ada", "pass:word");
    server.advance(5 * rotateAfterMs);
    assert.equal(refreshed, 0, "no stream is open");

    const stop = new AbortController();
    const stream = createClient(TalkService, client.transport)
      .count({ value: "stay" }, { signal: stop.signal })
      [Symbol.asyncIterator]();
    assert.equal((await stream.next()).value?.value, "1");
    for (let round = 1; round <= 4; round++) {
      await passInterval();
      assert.equal(refreshed, round);
    }
    assert.ok((parseToken(client.token ?? "")?.generation ?? 0) > 2, "the token goes on rotating");

    server.advance(rotateAfterMs / 2);
    await client.whoAmI();
    server.advance(rotateAfterMs / 2);
    assert.equal(refreshed, 4, "another unary call did as well");
    await passInterval();

    stop.abort();
    await assert.rejects(stream.next());
    server.advance(5 * rotateAfterMs);
    assert.equal(refreshed, 5, "the stream is closed");
    await client.close();
  });

  test("otherwise it is refreshed from log-in to close, while nothing else is called", async () => {
    let refreshed = 0;
    let heard: () => void = () => {};
    const watch: Interceptor = (next) => async (request) => {
      const response = await next(request);
      if (request.method.name === "Refresh") {
        refreshed++;
        heard();
      }
      return response;
    };
    const client = new AuthClient({
      baseUrl: server.origin,
      transport: ({ baseUrl, interceptors }) =>
        createConnectTransport({ baseUrl, httpVersion: "2", interceptors: [...interceptors, watch] }),
      keepAliveMs: rotateAfterMs,
      delay: server.platform.delay,
    });
    server.advance(5 * rotateAfterMs);
    await client.password("ada", "pass:word");
    assert.equal(refreshed, 0, "nobody was logged in");
    for (let round = 1; round <= 4; round++) {
      const done = new Promise<void>((resolve) => {
        heard = resolve;
      });
      server.advance(rotateAfterMs / 2);
      if (round === 2)
        await client.whoAmI(); // counts as well
      else server.advance(rotateAfterMs / 2);
      if (round === 2) server.advance(rotateAfterMs);
      await done;
      assert.equal(refreshed, round);
    }
    await client.close();
    server.advance(5 * rotateAfterMs);
    assert.equal(refreshed, 4, "nothing runs after close");
  });
});
