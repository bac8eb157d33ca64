import assert from "node:assert/strict";
import { createServer } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { test } from "node:test";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import express from "express";
import { connectAuth } from "../../src/adapters/connect.js";
import { authRoutes } from "../../src/services/auth/auth-service.js";
import { createEngine, listen, start } from "../services/server.js";
import { hangMs } from "../size.js";

const logIn = "/sallyport.v1.AuthService/LogIn";
const whoAmI = "/sallyport.v1.AuthService/WhoAmI";

/** Sends bytes and reads until the server closes. What is thrown in the server's event fails the test. */
function exchange(origin: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(answer));
  });
}

const heads: readonly (readonly [name: string, head: (path: string) => string])[] = [
  ["HTTP/1.0 without Host", (path) => `POST ${path} HTTP/1.0\r\n`],
  ["Host: [", (path) => `POST ${path} HTTP/1.1\r\nHost: [\r\n`],
  ["an empty Host", (path) => `POST ${path} HTTP/1.1\r\nHost:\r\n`],
  ["a Host with spaces", (path) => `POST ${path} HTTP/1.1\r\nHost: a b\r\n`],
  ["a Host with a port out of range", (path) => `POST ${path} HTTP/1.1\r\nHost: a:99999\r\n`],
];

for (const [name, head] of heads) {
  test(`a procedure that is asked for by ${name} is 400, and the server goes on`, { timeout: hangMs }, async () => {
    const running = await start();
    try {
      for (const path of [logIn, whoAmI]) {
        const fields = "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{";
        assert.match(await exchange(running.origin, head(path) + fields), /^HTTP\/1\.1 400 /);
      }
      assert.equal((await fetch(running.origin)).status, 401);
    } finally {
      await running.close();
    }
  });
}

test("a procedure that is asked for by :authority [ is 400 on HTTP/2, and the connection goes on", {
  timeout: hangMs,
}, async () => {
  const running = await start(2);
  const client = connectHttp2(running.origin);
  const statusOf = (headers: Record<string, string>) =>
    new Promise((resolve, reject) => {
      const stream = client.request(headers, { endStream: true });
      stream.on("response", (answer) => resolve(answer[":status"])).on("error", reject);
    });
  try {
    for (const path of [logIn, whoAmI]) {
      const headers = { ":method": "POST", ":path": path, ":authority": "[", "content-type": "application/json" };
      assert.equal(await statusOf(headers), 400);
    }
    assert.equal(await statusOf({ ":path": "/" }), 401);
  } finally {
    client.destroy();
    await running.close();
  }
});

test("in Express too, where the error page would show a stack", { timeout: hangMs }, async () => {
  const { auth } = createEngine();
  const app = express();
  app.use(connectAuth(auth, connectNodeAdapter, { routes: authRoutes(auth) }));
  const server = await listen(createServer(app));
  try {
    const answer = await exchange(server.origin, `POST ${logIn} HTTP/1.0\r\nContent-Type: application/json\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 400 [\s\S]*\r\n\r\n$/);
  } finally {
    await server.close();
  }
});
