import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttp1Server, type IncomingMessage, request, type ServerResponse } from "node:http";
import { connect, createServer as createHttp2Server } from "node:http2";
import type { AddressInfo, Server, Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { asAda, runGateway } from "../running-gateway.js";

interface Upstream {
  readonly url: string;
  /** Calls that wait for the rest of their answer. */
  readonly waiting: (() => void)[];
  readonly open: Set<Socket>;
}

/** Answers with its name in two parts; the second one, at `/wait`, comes when the test says so. */
async function startUpstream(t: TestContext, scheme: "http" | "h2c", name: string): Promise<Upstream> {
  const waiting: (() => void)[] = [];
  const handler = (incoming: IncomingMessage, answer: ServerResponse): void => {
    incoming.resume();
    answer.write(name);
    if (incoming.url === "/wait") waiting.push(() => answer.end(name));
    else answer.end(name);
  };
  const server: Server = scheme === "http" ? createHttp1Server(handler) : createHttp2Server(handler as never);
  const open = new Set<Socket>();
  server.on("connection", (socket: Socket) => open.add(socket.on("close", () => open.delete(socket))));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  return { url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`, waiting, open };
}

/** Resolves with the answer's first part, and a promise of the whole. */
type Ask = (path: string) => Promise<readonly [first: string, whole: Promise<string>]>;

async function read(answer: NodeJS.ReadableStream): Promise<readonly [string, Promise<string>]> {
  let text = "";
  answer.on("data", (chunk) => {
    text += chunk;
  });
  const ended = once(answer, "end");
  await once(answer, "data");
  return [text, ended.then(() => text)];
}

function callers(t: TestContext, origin: string): readonly Ask[] {
  const session = connect(origin).on("error", () => {});
  t.after(() => session.destroy());
  return [
    async (path) => {
      const sent = request(`${origin}${path}`, { headers: { authorization: asAda }, agent: false });
      const [answer] = await once(sent.end(), "response");
      return read(answer);
    },
    (path) => read(session.request({ ":path": path, authorization: asAda })),
  ];
}

for (const [from, to] of [
  ["http", "h2c"],
  ["h2c", "http"],
] as const) {
  test(`a reload that moves an upstream from ${from} to ${to} ends no answer that is under way, and keeps no connection`, async (t) => {
    const first = await startUpstream(t, from, "old");
    const second = await startUpstream(t, to, "new");
    let url = first.url;
    const edit = (text: string): string => text.replace(/url: "[^"]*"/, `url: "${url}"`);
    let configuration = "";
    const gateway = await runGateway(t, undefined, (text) => {
      configuration = edit(text);
      return configuration;
    });
    const asks = callers(t, gateway.origin);
    const before = await Promise.all(asks.map((ask) => ask("/wait")));
    assert.deepEqual(
      before.map(([text]) => text),
      ["old", "old"],
    );
    url = second.url;
    gateway.configure(edit(configuration));
    gateway.reload();
    for (const ask of asks) {
      const [, whole] = await ask("/");
      assert.equal(await whole, "newnew");
    }
    for (const end of first.waiting) end();
    assert.deepEqual(await Promise.all(before.map(([, whole]) => whole)), ["oldold", "oldold"]);
    await Promise.all([...first.open].map((socket) => once(socket, "close")));
  });
}
