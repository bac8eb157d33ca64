import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request as requestHttp1 } from "node:http";
import { connect as connectHttp2, createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { systemPlatform } from "../../../src/base/platform.js";
import { createAccessLog } from "../../../src/gateway/observe/access-log.js";
import { createLog } from "../../../src/gateway/observe/log.js";
import type { AnswerRecord, RequestOutcome } from "../../../src/gateway/route/outcome.js";
import type { Identity } from "../../../src/model/identity.js";
import type { Caller } from "../../../src/model/session.js";
import { route } from "../fixtures.js";
import { type Running, type RunningOptions, startGateway } from "../running.js";

const request = (fields: Partial<IncomingMessage> = {}) =>
  ({ method: "GET", url: "/a?secret=1", httpVersion: "1.1", rawHeaders: [], ...fields }) as IncomingMessage;

const answered: AnswerRecord = {
  ...{ status: 200, grpcStatus: undefined, ending: "complete", bytesIn: 3, bytesOut: 5, ms: 12.34, upstreamMs: 7.06 },
  peer: { address: "192.0.2.1", trusted: false },
};

const caller = {
  identity: { subject: "ada" } as Identity,
  actor: { subject: "eve" },
  scheme: "bearer",
  session: { ref: "a".repeat(22) },
} as Caller;

const proxied: RequestOutcome = { kind: "proxied", route: route(), caller };

function logAt(share: number, format: "json" | "text" = "json", level: "info" | "warn" = "info") {
  const lines: string[] = [];
  const log = createLog({ level, requests: share, format }, { write: (line) => lines.push(line) });
  const access = createAccessLog(log, systemPlatform, () => share);
  return { lines, access, parsed: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

test("the line of a request says what was asked, by whom, and what came of it", () => {
  const { access, parsed } = logAt(1);
  const id = "0af7651916cd43dd8448eb211c80319c";
  access(request({ rawHeaders: ["X-Request-Id", id] }), proxied, { ...answered, grpcStatus: "5" });
  const [{ time, ...line } = {}] = parsed();
  assert.match(String(time), /^\d{4}-/);
  assert.deepEqual(line, {
    ...{ level: "info", kind: "request", id, method: "GET", path: "/a", protocol: "HTTP/1.1", peer: "192.0.2.1" },
    ...{ status: 200, grpcStatus: 5, ms: 12.3, bytesIn: 3, bytesOut: 5, upstreamMs: 7.1, route: "*/", upstream: "app" },
    ...{ subject: "ada", actor: "eve", scheme: "bearer", session: "a".repeat(22), msg: "proxied" },
  });
});

test("behind a trusted proxy it names the client too", () => {
  const { access, parsed } = logAt(1);
  const peer = { address: "192.0.2.1", trusted: true, clientOf: () => "203.0.113.9" };
  access(request(), proxied, { ...answered, peer });
  assert.deepEqual([parsed()[0]?.peer, parsed()[0]?.client], ["192.0.2.1", "203.0.113.9"]);
});

test("no text of a client or an upstream becomes part of a line but a path without long segments", () => {
  const { access, lines } = logAt(1);
  const token = "s".repeat(84);
  access(request({ url: `/${token}/x#${token}`, method: token, rawHeaders: ["X-Request-Id", token] }), proxied, {
    ...answered,
    grpcStatus: token,
  });
  assert.equal(lines.join().includes("ssss"), false);
});

test("a share of those that were answered has a line, and each that was refused or failed, or has a status from 500", () => {
  const { access, parsed } = logAt(0.25);
  for (let count = 0; count < 100; count += 1) access(request(), proxied, answered);
  assert.equal(parsed().length, 25);
  const none = logAt(0);
  const failed = { kind: "failed", route: route(), caller, reason: "upstream_failed", code: "ECONNRESET" } as const;
  const denial = { code: "unauthenticated", reason: "no_credentials" } as const;
  none.access(request(), proxied, answered);
  none.access(request(), failed, { ...answered, status: 502 });
  none.access(request(), { kind: "refused", denial }, { ...answered, status: 401 });
  none.access(request(), proxied, { ...answered, status: 500 });
  assert.deepEqual(
    none.parsed().map(({ msg, level, status }) => [msg, level, status]),
    [
      ["failed", "warn", 502],
      ["refused", "info", 401],
      ["proxied", "info", 500],
    ],
  );
});

test("as text a line is one of words, whatever is in it", () => {
  const { access, lines } = logAt(1, "text");
  access(request({ url: "/a b\n\u001b[31m" }), proxied, answered);
  const [line = ""] = lines;
  assert.match(
    line,
    /^\S+Z info proxied kind=request id=[0-9a-f]{32} method=GET path="\/a b\\n\\u001b\[31m" protocol=/,
  );
  assert.match(line, / status=200 ms=12\.3 .* subject=ada actor=eve .*\n$/);
  assert.equal(line.indexOf("\n"), line.length - 1);
});

test("as text a line holds nothing that a terminal obeys: no other control, no mark of direction, no end of line", () => {
  const { access, lines } = logAt(1, "text");
  const url = "/\u009b31m\u007f\u0085\u202e\u2028\u{e0041}é";
  access(request({ url }), proxied, answered);
  const [line = ""] = lines;
  assert.equal(/[^\P{C}\n]|[\u2028\u2029]/u.test(line), false);
  assert.equal(JSON.parse(/ path=("[^ ]*") /.exec(line)?.[1] ?? ""), url);
});

async function run(options: RunningOptions, use: (gateway: Running) => Promise<unknown>): Promise<Running> {
  const gateway = await startGateway(options);
  try {
    await use(gateway);
  } finally {
    await gateway.close();
  }
  return gateway;
}

const told = ({ outcomes, answered: answers }: Running) =>
  outcomes.map(({ kind }, index) => {
    const { status, ending, bytesIn, bytesOut, upstreamMs, ms } = answers[index] as AnswerRecord;
    assert.ok(ms >= 0 && (upstreamMs === undefined || (upstreamMs >= 0 && upstreamMs <= ms)));
    return [kind, status, ending, bytesIn, bytesOut, upstreamMs !== undefined];
  });

const serve: RunningOptions["serve"] = (message, response) => {
  message.resume().on("end", () => {
    if (message.url === "/204") response.writeHead(204).end();
    else if (message.url === "/parts") {
      response.write("12345");
      setImmediate(() => response.end("678"));
    } else if (message.url === "/cut") {
      response.write("12345");
      setImmediate(() => response.destroy());
    } else response.end("12345");
  });
};

for (const protocol of ["http1", "http2"] as const) {
  test(`each request is told once, with its status and bytes, over ${protocol}`, async () => {
    const gateway = await run({ serve }, async ({ http1, bearer }) => {
      const session = protocol === "http2" ? connectHttp2(http1) : undefined;
      const ask = async (path: string, authorization = bearer) => {
        if (session !== undefined) {
          const stream = session.request({ ":method": "POST", ":path": path, authorization });
          stream.on("error", () => {}).end("abc");
          stream.resume();
          await new Promise((resolve) => stream.on("close", resolve));
          return;
        }
        const call = requestHttp1(http1 + path, { method: "POST", headers: { authorization } }).end("abc");
        await once(call, "response").then(
          ([response]) =>
            new Promise((resolve) =>
              response
                .on("error", () => {})
                .on("close", resolve)
                .resume(),
            ),
          () => undefined,
        );
      };
      for (const path of ["/x", "/204", "/parts", "/cut"]) await ask(path);
      await ask("/x", "Bearer wrong");
      session?.close();
    });
    assert.deepEqual(told(gateway), [
      ["proxied", 200, "complete", 3, 5, true],
      ["proxied", 204, "complete", 3, 0, true],
      ["proxied", 200, "complete", 3, 8, true],
      ["failed", 200, "complete", 3, 5, true],
      ["refused", 401, "complete", undefined, undefined, false],
    ]);
  });
}

test("a caller who leaves is told as such", async () => {
  let leave = (): void => {};
  const gateway = await run({ serve: () => leave() }, async ({ http1, bearer, answered: answers }) => {
    const call = requestHttp1(`${http1}/silent`, { headers: { authorization: bearer } }).end();
    leave = () => call.on("error", () => {}).destroy();
    while (answers.length === 0) await new Promise(setImmediate);
  });
  assert.deepEqual(told(gateway), [["proxied", 0, "caller_left", 0, 0, false]]);
});

test("a WebSocket is told when it is closed, with the bytes of both directions", async () => {
  const onUpgrade: RunningOptions["onUpgrade"] = (_request, socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    socket.once("data", (chunk) => socket.end(`${chunk}${chunk}`));
  };
  const gateway = await run({ onUpgrade }, async ({ http1, bearer, answered: answers }) => {
    const headers = {
      ...{ authorization: bearer, connection: "Upgrade", upgrade: "websocket" },
      ...{ "sec-websocket-key": Buffer.alloc(16).toString("base64"), "sec-websocket-version": "13" },
    };
    const [, socket] = await once(requestHttp1(`${http1}/ws`, { headers }).end(), "upgrade");
    assert.equal(answers.length, 0);
    socket.resume().end("1234");
    await once(socket, "close");
    while (answers.length === 0) await new Promise(setImmediate);
  });
  assert.deepEqual(told(gateway), [["proxied", 101, "complete", 4, 8, true]]);
});

test("the status of a gRPC answer is told, of its trailers and of its head", async () => {
  const server = createServer();
  server.on("stream", (stream, headers) => {
    const isShort = headers[":path"] === "/short";
    const head = { ":status": 200, "content-type": "application/grpc" };
    if (isShort) stream.respond({ ...head, "grpc-status": "7" }, { endStream: true });
    else {
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "5" }));
      stream.respond(head, { waitForTrailers: true });
      stream.end("x");
    }
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const origin = `h2c://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const gateway = await run({ upstream: { origin } }, async ({ http2, bearer }) => {
    const session = connectHttp2(http2);
    for (const path of ["/short", "/long"]) {
      const headers = { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" };
      const stream = session.request({ ...headers, authorization: bearer });
      stream.resume().end();
      await once(stream, "close");
    }
    session.close();
  });
  server.close();
  assert.deepEqual(
    gateway.answered.map(({ grpcStatus }) => grpcStatus),
    ["7", "5"],
  );
});
