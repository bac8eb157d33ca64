import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { it } from "node:test";
import { nodeAuth } from "../../../src/adapters/node/node.js";
import { toAuthRequest } from "../../../src/adapters/node/request.js";
import type { AuthRequest } from "../../../src/model/request.js";
import { createHttp1Wire, createHttp2Wire, exchange } from "../../../src/testing/adapter/client.js";
import { createScriptedAuth } from "../../../src/testing/adapter/scripted-auth.js";
import { listen } from "../servers.js";

it("over HTTP/2 the peer outlives the stream that was its first", async () => {
  const requests: AuthRequest[] = [];
  const server = createHttp2Server((request, response) => {
    requests.push(toAuthRequest(request));
    response.end();
  });
  const { origin, close } = await listen(server);
  const wire = createHttp2Wire(origin);
  await wire.call({ path: "/1" });
  await wire.call({ path: "/2" });
  const [first, second] = requests;
  assert.equal(first?.peer, second?.peer);
  assert.equal(second?.peer.address, "127.0.0.1");
  wire.close();

  const other = createHttp2Wire(origin);
  await other.call({ path: "/3" });
  assert.notEqual(requests[2]?.peer, first?.peer, "another connection is another peer");
  other.close();
  await close();
});

it("a server that keeps fewer header fields truncates sooner, and one that keeps all does not", async () => {
  const auth = createScriptedAuth();
  const head = (count: number) =>
    `GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${"a: b\r\n".repeat(count)}Authorization: Bearer ada\r\n\r\n`;
  for (const [maxHeadersCount, count, status] of [
    [10, 5, 200],
    [10, 20, 431],
    [0, 1500, 200],
  ] as const) {
    const server = createServer(nodeAuth(auth, (_request, response) => response.end("in")));
    server.maxHeadersCount = maxHeadersCount;
    const { origin, close } = await listen(server);
    assert.match(
      await exchange(origin, head(count)),
      new RegExp(`^HTTP/1.1 ${status} `),
      `${maxHeadersCount}/${count}`,
    );
    await close();
  }
});

it("what a listener rejects with is an unhandled rejection, as without us, whether the decision was awaited or not", async () => {
  const server = createServer(
    nodeAuth(createScriptedAuth(), async (_request, response) => {
      response.end();
      throw new Error("the listener's own");
    }),
  );
  const { origin, close } = await listen(server);
  // The test runner listens for it, and would fail this test.
  const others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  const wire = createHttp1Wire(origin);
  for (const token of ["ada", "ada.slow"]) {
    const rejected = once(process, "unhandledRejection") as Promise<[Error]>;
    await wire.call({ path: "/", headers: ["authorization", `Bearer ${token}`] });
    assert.equal((await rejected)[0].message, "the listener's own");
  }
  for (const listener of others) process.on("unhandledRejection", listener);
  await close();
});

it("types: listeners of HTTP/1 and HTTP/2 need no annotation of the door", () => {
  const auth = createScriptedAuth();
  createServer(nodeAuth(auth, (request, response) => response.end(request.httpVersion)));
  createHttp2Server(nodeAuth(auth, (_: Http2ServerRequest, response: Http2ServerResponse) => response.end()));
  createHttp2Server(nodeAuth(auth, (request, response) => response.end(request.stream.id?.toString() ?? "")));
});
