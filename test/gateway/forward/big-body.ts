import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { request as http1Request, type IncomingMessage, type ServerResponse } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { type Running, startGateway } from "../running.js";

export const bigChunk: Buffer = Buffer.alloc(1024 * 1024, "0123456789abcdef");

function digestOf(megabytes: number): string {
  const hash = createHash("sha256");
  for (let index = 0; index < megabytes; index++) hash.update(bigChunk);
  return hash.digest("hex");
}

/** GET: that many MB, as fast as they are taken. Anything else: the SHA-256 of what came. */
export function serveBigBody(megabytes: number): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    if (request.method !== "GET") {
      const hash = createHash("sha256");
      request.on("data", (data: Buffer) => hash.update(data));
      request.on("end", () => response.end(hash.digest("hex")));
      return;
    }
    let left = megabytes;
    const more = (): void => {
      while (left > 0) {
        left -= 1;
        if (response.write(bigChunk)) continue;
        response.once("drain", more);
        return;
      }
      response.end();
    };
    more();
  };
}

/** Sends a body up and gets one down, compares both, and returns by how many MB the memory of this process grew. */
export async function passBothWays(protocol: "HTTP/1" | "HTTP/2", megabytes: number): Promise<number> {
  const gateway = await startGateway({ serve: serveBigBody(megabytes) });
  const open = protocol === "HTTP/1" ? openHttp1 : openHttp2;
  const expected = digestOf(megabytes);
  const grown = watchMemory();
  const up = open(gateway, "POST");
  for (let index = 0; index < megabytes; index++) if (!up.sink.write(bigChunk)) await once(up.sink, "drain");
  up.sink.end();
  let text = "";
  for await (const data of await up.source) text += String(data);
  assert.equal(text, expected);
  const down = open(gateway, "GET");
  down.sink.end();
  const hash = createHash("sha256");
  for await (const data of await down.source) hash.update(data as Buffer);
  assert.equal(hash.digest("hex"), expected);
  await gateway.close();
  return grown();
}

function openHttp1(gateway: Running, method: string) {
  const sink = http1Request(gateway.http1, { method, headers: { authorization: gateway.bearer }, agent: false });
  const source = once(sink, "response").then(([response]) => response as AsyncIterable<unknown>);
  return { sink, source };
}

function openHttp2(gateway: Running, method: string) {
  const session = connectHttp2(gateway.http2);
  const headers = { ":path": "/", ":method": method, authorization: gateway.bearer };
  const sink = session.request(headers, { endStream: false });
  sink.on("close", () => session.destroy());
  return { sink, source: Promise.resolve(sink as AsyncIterable<unknown>) };
}

/** Highest RSS from now on, in MB more. */
function watchMemory(): () => number {
  const start = process.memoryUsage.rss();
  let peak = start;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 20);
  return () => {
    clearInterval(timer);
    return Math.round((peak - start) / 1e6);
  };
}
