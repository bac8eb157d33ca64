import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { nodeAuth } from "../../src/adapters/node/node.js";
import { createRequestReader, type NodeRequest } from "../../src/adapters/node/request.js";
import { createEngine, listen } from "../services/server.js";

test("an async function for anonymous welcomes nobody: its promise is no yes", async () => {
  const { auth } = createEngine();
  const anonymous = (async () => false) as unknown as () => boolean;
  const server = await listen(createServer(nodeAuth(auth, (_request, response) => response.end("in"), { anonymous })));
  try {
    assert.equal((await fetch(server.origin)).status, 401);
  } finally {
    await server.close();
    await auth.close();
  }
});

test("an async function for trustProxy trusts nobody", () => {
  const trustProxy = (async () => false) as unknown as () => boolean;
  const request = { socket: { remoteAddress: "203.0.113.7" } } as unknown as NodeRequest;
  assert.equal(createRequestReader(trustProxy).peerOf(request).trusted, false);
  assert.equal(createRequestReader(() => true).peerOf(request).trusted, true);
});
