import assert from "node:assert/strict";
import { on } from "node:events";
import { createServer, type Server } from "node:http";
import {
  createServer as createHttp2Server,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type Http2Stream,
} from "node:http2";
import type { Socket } from "node:net";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import express from "express";
import { connectAuth } from "../../src/adapters/connect.js";
import { expressAuth } from "../../src/adapters/express.js";
import { continueAuth } from "../../src/adapters/node/continue.js";
import { nodeAuth } from "../../src/adapters/node/node.js";
import { type Platform, systemPlatform } from "../../src/base/platform.js";
import { createScriptedAuth } from "../../src/testing/adapter/scripted-auth.js";
import { listen } from "./servers.js";
import type { Upload, Uploaded } from "./uploader.js";

// 64 KiB of the body and one socket read of 64 KiB; the head of the request and the frames of HTTP/2 come on top.
const limitBytes = 2 * 65_536 + 1024;

const contentTypes = {
  "plain HTTP": "application/octet-stream",
  "Connect unary": "application/json",
  "Connect streaming": "application/connect+proto",
  gRPC: "application/grpc",
  "gRPC-Web": "application/grpc-web+proto",
  "gRPC-Web-text": "application/grpc-web-text",
};

interface Measured {
  readonly answer: string;
  /** When the client had its answer and had poured for a while, but the connection was still open. */
  readonly openBytes: number;
  readonly bytesRead: number;
  /** The waiting that the denial asked for. */
  readonly askedMs: number;
}

type Door = (platform: Platform) => Server | Http2Server;

/** How long an uploader pours what must not be taken: the more time it gets, the more it would be. */
const pourMs = 200;

async function measure(createDoor: Door, upload: Omit<Upload, "origin">): Promise<Measured> {
  // Waits end when the test says so: what happens before and after is then no question of time.
  const waits: { readonly ms: number; readonly done: () => void }[] = [];
  const server = createDoor({
    ...systemPlatform,
    delay(ms, done) {
      const wait = { ms, done };
      waits.push(wait);
      return () => void (waits.includes(wait) && waits.splice(waits.indexOf(wait), 1));
    },
  });
  let socket: Socket | undefined;
  let closed = false;
  const closing = new Promise<void>((resolve) => {
    const note = () => {
      closed = true;
      resolve();
    };
    server.on("connection", (connection: Socket) => {
      socket = connection;
      if (upload.head !== undefined) connection.on("close", note);
    });
    // On HTTP/2 it is the stream that goes; the connection stays for others.
    server.on("stream", (stream: Http2Stream) => stream.on("close", note));
  });
  const { origin, close } = await listen(server);
  try {
    const uploader = new Worker(new URL("./uploader.js", import.meta.url), { workerData: { ...upload, origin } });
    const messages = on(uploader, "message")[Symbol.asyncIterator]();
    const next = async () => (await messages.next()).value[0] as Uploaded;
    assert.deepEqual(await next(), { kind: "answered" });
    await sleep(pourMs);
    assert.equal(closed, false, "a reset that overtakes the answer would hide it");
    const openBytes = socket?.bytesRead ?? Number.NaN;
    let askedMs = 0;
    for (let wait = waits.shift(); wait !== undefined; wait = waits.shift()) {
      askedMs += wait.ms;
      wait.done();
    }
    await closing;
    const uploaded = await next();
    assert.ok(uploaded.kind === "closed");
    return { answer: uploaded.answer, openBytes, askedMs, bytesRead: socket?.bytesRead ?? Number.NaN };
  } finally {
    await close();
  }
}

function requireCutOff({ askedMs, openBytes, bytesRead }: Measured): void {
  assert.ok(askedMs > 300 && askedMs <= 1_000, `the connection was to stay open for ${askedMs} ms`);
  for (const bytes of [openBytes, bytesRead]) assert.ok(bytes <= limitBytes, `${bytes} bytes were taken`);
}

/** With the last word from base64, for gRPC-Web-text. */
function decoded(answer: string): string {
  return `${answer} ${Buffer.from(answer.split(/\s/).at(-1) ?? "", "base64").toString("latin1")}`;
}

const auth = createScriptedAuth();

const nodeDoor: Door = (platform) => {
  const listener = nodeAuth(auth, (_request, response) => response.end("let in"), { platform });
  const server = createServer(listener);
  continueAuth(server, listener);
  return server;
};

const http2Door: Door = (platform) =>
  createHttp2Server(
    nodeAuth(auth, (_: Http2ServerRequest, response: Http2ServerResponse) => response.end("let in"), { platform }),
  );

const body = "x".repeat(65_536);
const chunkOf = (bytes: number) => `${bytes.toString(16)}\r\n${"x".repeat(bytes)}\r\n`;

const framings: readonly (readonly [head: string, chunk: string])[] = [
  ["Content-Length: 1000000000", body],
  ["Transfer-Encoding: chunked", chunkOf(16_384)],
  ["Transfer-Encoding: chunked", chunkOf(1).repeat(4000)],
  ["Content-Length: 1000000000\r\nExpect: 100-continue", body],
];

describe("an endless upload of nobody is answered at once, cut off and closed", () => {
  for (const [protocol, contentType] of Object.entries(contentTypes)) {
    it(`${protocol} over HTTP/1 (declared length, chunks, tiny chunks, Expect) and HTTP/2`, async () => {
      const uploads = framings.map(([head, chunk]) => ({ head: [`Content-Type: ${contentType}`, head], chunk }));
      const measured = await Promise.all([
        ...uploads.map((upload) => measure(nodeDoor, upload)),
        measure(http2Door, { contentType }),
      ]);
      for (const result of measured) {
        requireCutOff(result);
        assert.match(decoded(result.answer), /^(HTTP\/1\.1 )?(401|200) .*no_credentials/s);
        assert.doesNotMatch(result.answer, /100 Continue/);
        assert.match(result.answer, /^(401|200) |^connection: close\r$/im);
      }
    });
  }

  it("also when the decision took a while", async () => {
    const head = ["Content-Length: 1000000000", "Authorization: Basic nonsense.slow"];
    requireCutOff(await measure(nodeDoor, { head, chunk: body }));
  });

  it("by Express and Connect too", async () => {
    const doors: Door[] = [
      (platform) => createServer(express().use(expressAuth(auth, { platform }))),
      (platform) => createServer(connectAuth(auth, connectNodeAdapter, { routes: () => undefined, platform })),
    ];
    const head = ["Content-Length: 1000000000"];
    for (const result of await Promise.all(doors.map((door) => measure(door, { head, chunk: body })))) {
      requireCutOff(result);
    }
  });
});
