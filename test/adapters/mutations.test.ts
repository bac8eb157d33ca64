import assert from "node:assert/strict";
import { createServer } from "node:http";
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { it } from "node:test";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import express from "express";
import { connectAuth } from "../../src/adapters/connect.js";
import { expressAuth } from "../../src/adapters/express.js";
import { nodeAuth } from "../../src/adapters/node/node.js";
import { createAuth } from "../../src/engine/auth.js";
import { basic } from "../../src/handlers/password/basic.js";
import { memory } from "../../src/stores/memory/memory.js";
import { exchange } from "../../src/testing/adapter/client.js";
import { http2Statuses } from "../../src/testing/adapter/http2-frames.js";
import { mutate, noise } from "../../src/testing/mutate.js";
import { createRandom, type Random } from "../../src/testing/random.js";
import { sized } from "../size.js";
import { listen } from "./servers.js";

const values = sized(800, 5_000);
const perConnection = 100;
const random = createRandom(process.env.SEED === undefined ? undefined : Number(process.env.SEED));

const auth = createAuth({
  handlers: [basic({ verify: (user, password) => (user === "ada" && password === "pw" ? { subject: user } : null) })],
  store: memory(),
  // A mutation may well be a wrong password of the only user, and enough of those would throttle the right one.
  throttle: false,
});

// A listener each that answers 204 to whoever is let in.
const doors = {
  "node:http": createServer(nodeAuth(auth, (_request, response) => response.writeHead(204).end())),
  "node:http2": createHttp2Server(
    nodeAuth(auth, (_: Http2ServerRequest, response: Http2ServerResponse) => {
      response.writeHead(204);
      response.end();
    }),
  ),
  Express: createServer(express().use(expressAuth(auth), (_request, response) => void response.status(204).end())),
  "Connect over HTTP/1": createServer(createConnect()),
  "Connect over HTTP/2": createHttp2Server(createConnect()),
};

function createConnect() {
  return connectAuth(auth, connectNodeAdapter, {
    routes: () => undefined,
    fallback(_request, response) {
      response.writeHead(204);
      response.end();
    },
  });
}

const right = "Basic YWRhOnB3";
const models = [right, right, "Bearer abc.def", "Basic eDp5", `${right}, ${right}`, "Basic", "constructor x"];

/** One in five is right, in its own spelling. */
function createValue(random: Random): string {
  if (random.int(5) === 0) return right.replace("Basic ", random.pick(["Basic ", "bAsIc ", "BASIC  "]));
  const text = random.int(10) === 0 ? noise(random) : mutate(random, random.pick(models));
  // As bytes. White space at the ends is not part of a value, and HTTP/1 and HTTP/2 treat it differently.
  return Buffer.from(text)
    .toString("latin1")
    .replace(/^[ \t]+|[ \t]+$/g, "")
    .slice(0, 8000);
}

/** Statuses of requests that are pipelined on one connection. */
async function pipeline(origin: string, batch: readonly string[]): Promise<(number | undefined)[]> {
  const requests = batch.map((value, index) => {
    const close = index === batch.length - 1 ? "Connection: close\r\n" : "";
    return `GET / HTTP/1.1\r\nHost: x\r\n${close}Authorization: ${value}\r\n\r\n`;
  });
  const received = await exchange(origin, Buffer.from(requests.join(""), "latin1"));
  const statuses = Array.from(received.matchAll(/HTTP\/1\.1 (\d{3})/g), ([, status]) => Number(status));
  return batch.map((_, index) => statuses[index]);
}

/** What no HTTP/1 parser takes ends the connection, so it goes alone. Line ends would make another header of the rest. */
async function http1Statuses(origin: string, batch: readonly string[]): Promise<(number | undefined)[]> {
  const isClean = (value: string) => !/[^\t\x20-\x7e\x80-\xff]/.test(value);
  const clean = batch.filter(isClean);
  const cleanStatuses = await pipeline(origin, clean);
  assert.ok(!cleanStatuses.includes(undefined), "a value that is clean must not end the connection");
  const others = batch.filter((value) => !isClean(value) && !/[\r\n]/.test(value));
  const otherStatuses = await Promise.all(others.map((value) => pipeline(origin, [value])));
  const all = new Map<string, number | undefined>();
  clean.forEach((value, index) => void all.set(value, cleanStatuses[index]));
  others.forEach((value, index) => void all.set(value, otherStatuses[index]?.[0]));
  return batch.map((value) => all.get(value));
}

it(`${values} mutated Authorization values: the same verdict at every door, seed ${random.seed}`, async (test) => {
  const all = Array.from({ length: values }, () => createValue(random));
  const servers = await Promise.all(
    Object.entries(doors).map(async ([name, server]) => ({ name, ...(await listen(server)) })),
  );
  const verdicts = new Map<string, string>();
  let letIn = 0;
  for (let from = 0; from < values; from += perConnection) {
    const batch = all.slice(from, from + perConnection);
    await Promise.all(
      servers.map(async ({ name, origin }) => {
        const statuses = /2$/.test(name)
          ? await http2Statuses(
              origin,
              "/",
              batch.map((value) => [["authorization", value]]),
            )
          : await http1Statuses(origin, batch);
        assert.ok(!/2$/.test(name) || !statuses.includes(undefined), "a value must not end the connection of others");
        batch.forEach((value, index) => {
          const status = statuses[index];
          assert.ok(status === undefined || status < 500, `${name} answered ${status} to ${JSON.stringify(value)}`);
          const verdict = status === 204 ? "let in" : "refused";
          if (verdict === "let in") letIn++;
          assert.equal(verdicts.get(value) ?? verdict, verdict, `${name} differs on ${JSON.stringify(value)}`);
          verdicts.set(value, verdict);
        });
      }),
    );
  }
  test.diagnostic(`${letIn} of ${values * servers.length} requests were let in`);
  // Neither verdict may be there for show.
  assert.ok(letIn > values / 20 && letIn < values * 4);
  for (const server of servers) await server.close();
  await auth.close();
});
