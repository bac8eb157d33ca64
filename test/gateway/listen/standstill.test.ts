import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { maxResetsPerSweep } from "../../../src/gateway/listen/connection-limits.js";
import { hangMs } from "../../size.js";
import { rawClient } from "./listeners-world.js";

const windowMs = 1_000;

/** The least that makes every deadline pass, on a machine where the sweep before was late as well. */
const standstillMs = 3 * windowMs;

test("a process that stood still for longer than any time-out cuts nobody off", {
  timeout: hangMs,
  skip: process.platform === "win32" && "there is no SIGSTOP",
}, async (t) => {
  const child = fork(new URL("./standing-server.js", import.meta.url), [String(windowMs)]);
  t.after(() => child.kill("SIGKILL"));
  const [port] = (await once(child, "message")) as [number];
  const client = (head: string) => rawClient(port, head);
  const head = "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1000\r\n\r\n";

  const sessions = Array.from({ length: 5 }, () => connectHttp2(`http://127.0.0.1:${port}`));
  t.after(() => {
    for (const session of sessions) session.destroy();
  });
  await Promise.all(sessions.map((session) => once(session, "remoteSettings")));
  const streams = sessions.map((session) => session.request({ ":method": "POST" }));
  const answers = streams.map((stream) => once(stream, "data").then(([data]) => String(data)));
  const uploads = Array.from({ length: 5 }, () => client(head));
  const halfHeads = Array.from({ length: 5 }, () => client(head.slice(0, 20)));
  const unused = Array.from({ length: 5 }, () => client(""));
  const plain = [...uploads, ...halfHeads, ...unused];
  await Promise.all(plain.map(({ socket }) => once(socket, "connect")));
  const last = sessions[0];
  // A connection is accepted after those before it: all of them are, and what they sent has been read.
  await client("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").closed;

  child.kill("SIGSTOP");
  await sleep(standstillMs);
  // A client that gives its calls up after a while, and makes new ones.
  for (let index = 0; index < 2 * maxResetsPerSweep; index += 1) {
    last
      ?.request({ ":path": "/given-up" })
      .on("error", () => undefined)
      .close(8);
  }
  child.kill("SIGCONT");
  await sleep(windowMs / 4); // it has looked at all of them before they go on

  for (const { socket } of halfHeads) socket.write(head.slice(20));
  for (const { socket } of unused) socket.write(head);
  for (const { socket } of plain) socket.write("x".repeat(1_000));
  for (const stream of streams) stream.end("x");
  const ends = await Promise.all([...plain.map(({ closed }) => closed), ...answers]);
  assert.deepEqual(
    ends.map((text) => text.slice(-"whole".length)),
    ends.map(() => "whole"),
  );
});
