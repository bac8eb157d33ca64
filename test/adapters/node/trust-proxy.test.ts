import assert from "node:assert/strict";
import { createServer, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { it } from "node:test";
import { nodeAuth } from "../../../src/adapters/node/node.js";
import { createRequestReader, type TrustProxy, toAuthRequest } from "../../../src/adapters/node/request.js";
import { AuthError } from "../../../src/base/errors.js";
import { createScriptedAuth } from "../../../src/testing/adapter/scripted-auth.js";

const from = (remoteAddress: string) =>
  ({ socket: { remoteAddress }, method: "GET", url: "/", rawHeaders: [] }) as unknown as IncomingMessage;

it("a peer's address is the one that people write, on a socket of both families too", () => {
  for (const [written, address] of [
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["::ffff:cb00:7107", "203.0.113.7"],
    ["203.0.113.7", "203.0.113.7"],
    ["2001:DB8:0::7", "2001:db8::7"],
    ["fe80::1%eth0", "fe80::1%eth0"],
  ] as const) {
    assert.equal(toAuthRequest(from(written)).peer.address, address);
  }
});

it("trustProxy takes address blocks: a mapped address is the IPv4 one, and half of IPv4 is refused", () => {
  const trusted = (blocks: TrustProxy, address: string) => createRequestReader(blocks).peerOf(from(address)).trusted;
  assert.equal(trusted(["10.0.0.0/8", "fd00::/8"], "::ffff:10.1.2.3"), true);
  assert.equal(trusted(["::ffff:10.0.0.0/104"], "10.1.2.3"), true);
  assert.equal(trusted(["10.0.0.0/8", "fd00::/8"], "fd00::1"), true);
  assert.equal(trusted(["10.0.0.0/8", "fd00::/8"], "::ffff:11.1.2.3"), false);
  assert.equal(trusted([], "10.1.2.3"), false);
  for (const wrong of [["::ffff:0:0/97"], ["0.0.0.0/0"], ["proxy"], [7], "10.0.0.0/8", {}, true, null]) {
    assert.throws(
      () => nodeAuth(createScriptedAuth(), () => {}, { trustProxy: wrong as unknown as TrustProxy }),
      (error) =>
        error instanceof AuthError &&
        error.code === "invalid_options" &&
        /^(?:nodeAuth: )?trustProxy/.test(error.message),
      JSON.stringify(wrong),
    );
  }
});

it("a function is asked once per connection, and about the form that people write", async () => {
  const asked: string[] = [];
  const auth = createScriptedAuth();
  const listener = nodeAuth(auth, (_request, response) => response.end(), {
    trustProxy(address) {
      asked.push(address);
      return true;
    },
  });
  const server = createServer((request, response) => {
    listener(request, response);
    assert.ok(auth.asked.at(-1)?.peer.trusted);
  });
  // IPv4 clients of a socket for both families come mapped; where there is no IPv6 they do not.
  await new Promise<void>((resolve) =>
    server.on("error", () => server.listen(0, "127.0.0.1")).listen(0, "::", resolve),
  );
  const { port } = server.address() as { port: number };
  const socket = connect(port, "127.0.0.1");
  socket.resume().write("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  await new Promise((resolve) => socket.once("close", resolve));
  assert.equal(auth.asked.length, 2);
  assert.deepEqual(asked, ["127.0.0.1"]);
  server.close();
});
