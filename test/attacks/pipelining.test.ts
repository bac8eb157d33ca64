import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import { endWithSession } from "../../src/adapters/node/end-with-session.js";
import { nodeAuth } from "../../src/adapters/node/node.js";
import { createAuth } from "../../src/engine/auth.js";
import { basic } from "../../src/handlers/password/basic.js";
import type { Session } from "../../src/model/session.js";
import { memory } from "../../src/stores/memory/memory.js";
import { listen } from "../services/server.js";
import { hangMs } from "../size.js";

const limit = { timeout: hangMs };

/** Two requests in one write; the connection goes once both have arrived. */
async function leaveWithTwoUnderWay(origin: string, arrived: Promise<unknown>, head = ""): Promise<void> {
  const socket = connect(Number(new URL(origin).port), "127.0.0.1");
  socket.write(`GET /1 HTTP/1.1\r\nHost: a\r\n${head}\r\nGET /2 HTTP/1.1\r\nHost: a\r\n${head}\r\n`);
  await arrived;
  socket.destroy();
}

test(
  "a response that waits in a pipeline leaves nothing with its session when the connection goes",
  limit,
  async () => {
    const callbacks = new Set<unknown>();
    const session = {
      onEnd(callback: unknown) {
        callbacks.add(callback);
        return () => void callbacks.delete(callback);
      },
    } as unknown as Session;
    let bothArrived = () => {};
    const arrived = new Promise<void>((resolve) => {
      bothArrived = resolve;
    });
    let closed: Promise<unknown> = Promise.resolve();
    const server = createServer((request, response) => {
      endWithSession(session, request, response);
      if (request.url !== "/2") return;
      closed = once(request.socket, "close");
      bothArrived();
    });
    const { origin, close } = await listen(server);
    try {
      await leaveWithTwoUnderWay(origin, arrived);
      assert.equal(callbacks.size, 2);
      await closed;
      assert.equal(callbacks.size, 0);
    } finally {
      await close();
    }
  },
);

test("no handler runs for a request whose client has left a pipeline while it was decided", limit, async () => {
  const waiting: (() => void)[] = [];
  let bothArrived = () => {};
  const arrived = new Promise<void>((resolve) => {
    bothArrived = resolve;
  });
  const auth = createAuth({
    store: memory(),
    rememberMs: 0,
    handlers: [
      basic({
        verify: (subject) =>
          new Promise<{ subject: string }>((resolve) => {
            waiting.push(() => resolve({ subject }));
            if (waiting.length === 2) bothArrived();
          }),
      }),
    ],
  });
  const ran: unknown[] = [];
  const server = createServer(nodeAuth(auth, (request) => void ran.push(request.url)));
  let closed: Promise<unknown> = Promise.resolve();
  server.on("connection", (socket) => {
    closed = once(socket, "close");
  });
  const { origin, close } = await listen(server);
  try {
    await leaveWithTwoUnderWay(origin, arrived, `Authorization: Basic ${btoa("ada:x")}\r\n`);
    await closed;
    for (const settle of waiting) settle();
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(ran, []);
  } finally {
    await close();
    await auth.close();
  }
});
