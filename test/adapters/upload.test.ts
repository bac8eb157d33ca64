import assert from "node:assert/strict";
import { once } from "node:events";
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
const limitMs = 1100;

const contentTypes = {
  "plain HTTP": "application/octet-stream",
  "Connect unary": "application/json",
  "Connect streaming": "application/connect+proto",
  gRPC: "application/grpc",
  "gRPC-Web": "application/grpc-web+proto",
  "gRPC-Web-text": "application/grpc-web-text",
};

interface Measured extends Uploaded {
  readonly bytesRead: number;
  /** From the request to the end of its connection, as the server saw it. */
  readonly serverMs: number;
  /** The waiting that the denial asked for. */
  readonly askedMs: number;
  /** When that waiting was over. It comes late where the machine is busy. */
  readonly firedMs: number;
}

type Door = (platform: Platform) => Server | Http2Server;

async function measure(createDoor: Door, upload: Omit<Upload, "origin">): Promise<Measured> {
  let askedMs = 0;
  let firedMs = 0;
  let started = 0;
  const server = createDoor({
    ...systemPlatform,
    delay(ms, done) {
      askedMs += ms;
      return systemPlatform.delay(ms, () => {
        firedMs = performance.now() - started;
        done();
      });
    },
  });
  let socket: Socket | undefined;
  // Noted when it happens: a thread that starts holds this one up.
  const closed = new Promise<number>((resolve) => {
    const note = () => resolve(performance.now() - started);
    server.on("connection", (connection: Socket) => {
      socket = connection;
      if (upload.head !== undefined) connection.on("close", note);
    });
    // On HTTP/2 it is the stream that goes; the connection stays for others.
    server.on("stream", (stream: Http2Stream) => stream.on("close", note));
  });
  const onRequest = () => {
    started = performance.now();
  };
  server.prependListener("request", onRequest).prependListener("checkContinue", onRequest);
  const { origin, close } = await listen(server);
  try {
    const uploader = new Worker(new URL("./uploader.js", import.meta.url), { workerData: { ...upload, origin } });
    const [[uploaded], serverMs] = await Promise.all([once(uploader, "message") as Promise<[Uploaded]>, closed]);
    return { ...uploaded, serverMs, askedMs, firedMs, bytesRead: socket?.bytesRead ?? Number.NaN };
  } finally {
    await close();
  }
}

function requireCutOff({ answeredMs, closedMs, serverMs, askedMs, firedMs, bytesRead }: Measured): void {
  assert.ok(closedMs - answeredMs > 300, `answered after ${answeredMs} ms, closed after ${closedMs} ms`);
  const soonMs = askedMs + serverMs - firedMs;
  assert.ok(soonMs < limitMs, `closed after ${soonMs} ms, late timers left out; ${serverMs} ms with them`);
  assert.ok(bytesRead <= limitBytes, `${bytesRead} bytes were taken`);
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
