import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createHttp1Server } from "node:http";
import { connect as connectHttp2, createSecureServer, createServer } from "node:http2";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { grpcAuth } from "../../../src/adapters/grpc/grpc.js";
import { createAuth } from "../../../src/engine/auth.js";
import { basic } from "../../../src/handlers/password/basic.js";
import type { Conversation, RpcMethod, RpcService } from "../../../src/model/rpc-service.js";
import { resolveRules } from "../../../src/sessions/rules.js";
import { memory } from "../../../src/stores/memory/memory.js";
import { makeCertificates } from "../../gateway/make-certificates.js";
import { frame, openCall, rawCall, statusOf } from "../../services/flight/raw-call.js";
import { createWorld } from "../../world.js";
import { listen } from "../servers.js";

const world = createWorld();
const { platform } = world;
const auth = createAuth({
  platform,
  handlers: [
    basic({
      async verify(user, password) {
        if (user === "slow") await new Promise((resolve) => setTimeout(resolve, 50));
        return password === "x" ? { subject: user } : null;
      },
    }),
  ],
  store: memory({ platform }),
});

const gone: string[] = [];
const methods = new Map<string, RpcMethod>([
  [
    "Echo",
    {
      kind: "unary",
      answer: (message, { caller }) => Buffer.concat([Buffer.from(`${caller?.identity.subject}: `), message]),
    },
  ],
  ["Open", { kind: "unary", anonymous: true, answer: (message) => message }],
  ["Fail", { kind: "unary", answer: () => Promise.reject(new Error("secret words")) }],
  [
    "Wait",
    {
      kind: "unary",
      answer: (_message, { onGone }) => {
        onGone(() => gone.push("wait"));
        return new Promise(() => {});
      },
    },
  ],
  ["Talk", { kind: "stream", anonymous: true, begin: talk }],
]);

/** Doubles what it is told, a turn of the loop later; "bye" ends. */
function talk(): Conversation {
  let busy = false;
  return {
    async receive(message) {
      assert.equal(busy, false, "one message at a time");
      busy = true;
      await turn();
      busy = false;
      const text = Buffer.from(message).toString();
      return { kind: "reply", message: Buffer.from(text + text), last: text === "bye" };
    },
    end: () => undefined,
  };
}

const service: RpcService = { name: "test.v1.Bytes", methods, rules: resolveRules({ policy: "overlapping" }) };
const door = grpcAuth(auth, [service], { platform });
const path = (name: string) => `/test.v1.Bytes/${name}`;
const password = { authorization: `Basic ${Buffer.from("ada:x").toString("base64")}` };
const hello = [Buffer.from("hello")];
const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString();

async function withServer(run: (origin: string) => Promise<void>, make = () => createServer(door)): Promise<void> {
  const server = await listen(make());
  try {
    await run(server.origin);
  } finally {
    await server.close();
  }
}

test("a unary call is answered with header block, message and trailers; the token is in the header block", () =>
  withServer(async (origin) => {
    const answer = await rawCall(origin, path("Echo"), password, hello);
    assert.equal(text(answer.messages[0]), "ada: hello");
    assert.match(String(answer.headers.authorization), /^Bearer sps_/);
    assert.equal(answer.headers["cache-control"], "no-store");
    assert.deepEqual(Object.entries(answer.trailers ?? {}), [["grpc-status", "0"]]);
  }));

test("who is not let in is told so before a byte of the message is read, and who is not known is anonymous only where welcome", () =>
  withServer(async (origin) => {
    const call = openCall(origin, path("Echo"));
    assert.equal(statusOf(await call.answer).reason, "no_credentials");
    assert.equal(text((await rawCall(origin, path("Open"), {}, hello)).messages[0]), "hello");
    assert.equal(statusOf(await rawCall(origin, path("Open"), { authorization: "Basic x" }, hello)).code, 16);
  }));

test("what is unknown is guarded, and then unimplemented", () =>
  withServer(async (origin) => {
    for (const unknown of [
      path("Nothing"),
      "/test.v1.Other/Echo",
      "/x/test.v1.Bytes/Echo",
      "/test.v1.Bytes/Echo/",
      "/",
    ]) {
      assert.equal(statusOf(await rawCall(origin, unknown, {}, hello)).code, 16, unknown);
      assert.deepEqual(statusOf(await rawCall(origin, unknown, password, hello)), {
        code: 12,
        reason: "no_procedure",
        message: "There is no such procedure here.",
      });
    }
  }));

test("as a middleware it answers its own procedures and passes on the rest untouched", () => {
  const make = () =>
    createServer((request, response) => {
      door(request, response, () => {
        response.end("passed on");
      });
    });
  return withServer(async (origin) => {
    assert.equal(text((await rawCall(origin, path("Echo"), password, hello)).messages[0]), "ada: hello");
    const answer = await rawCall(origin, path("Nothing"), {}, hello);
    assert.equal(answer.headers[":status"], 200);
    assert.equal(answer.headers["grpc-status"], undefined);
  }, make);
});

test("messages are taken one at a time, however their bytes are cut, and answered in order", () =>
  withServer(async (origin) => {
    const bytes = Buffer.concat(["a", "bb", "", "c".repeat(300)].map((word) => frame(Buffer.from(word))));
    for (const size of [1, 4, 7, 1000]) {
      const call = openCall(origin, path("Talk"));
      for (let start = 0; start < bytes.length; start += size) call.sendBytes(bytes.subarray(start, start + size));
      call.halfClose();
      const answer = await call.answer;
      assert.deepEqual(answer.messages.map(text), ["aa", "bbbb", "", "c".repeat(600)], `cut by ${size}`);
      assert.equal(statusOf(answer).code, 0);
    }
  }));

test("a call that says nothing, and is over before its caller is known, is answered", () =>
  withServer(async (origin) => {
    const authorization = `Basic ${Buffer.from("slow:x").toString("base64")}`;
    for (const messages of [[], hello]) {
      const answer = await rawCall(origin, path("Talk"), { authorization }, messages);
      assert.deepEqual([statusOf(answer).code, answer.messages.map(text)], [0, messages.map(() => "hellohello")]);
    }
  }));

test("a stream may end before its client does", () =>
  withServer(async (origin) => {
    const call = openCall(origin, path("Talk"));
    call.send(Buffer.from("bye"));
    call.send(Buffer.from("more"));
    const answer = await call.answer;
    assert.deepEqual(answer.messages.map(text), ["byebye"]);
    assert.equal(statusOf(answer).code, 0);
  }));

const odd: readonly (readonly [what: string, bytes: Buffer, code: number])[] = [
  ["a compressed message", frame(Buffer.from("x"), 1), 12],
  ["unknown flags", frame(Buffer.from("x"), 2), 3],
  ["more than 16 KiB", frame(Buffer.alloc(16 * 1024 + 1)), 8],
  ["a length of 4 GiB", Buffer.from([0, 0xff, 0xff, 0xff, 0xff]), 8],
  ["half a prefix", Buffer.from([0, 0]), 3],
  ["half a message", frame(Buffer.from("hello")).subarray(0, 7), 3],
  ["no message", Buffer.alloc(0), 3],
  ["two messages", Buffer.concat([frame(Buffer.from("a")), frame(Buffer.from("b"))]), 3],
];
for (const [what, bytes, code] of odd) {
  test(`a unary call with ${what} is refused with status ${code}`, () =>
    withServer(async (origin) => {
      const call = openCall(origin, path("Echo"), password);
      call.sendBytes(bytes);
      call.halfClose();
      assert.equal(statusOf(await call.answer).code, code);
    }));
}

test("16 KiB are taken", () =>
  withServer(async (origin) => {
    const answer = await rawCall(origin, path("Echo"), password, [Buffer.alloc(16 * 1024)]);
    assert.equal(answer.messages[0]?.length, 16 * 1024 + 5);
  }));

test("an anonymous upload without end is cut off, and memory stays", () =>
  withServer(async (origin) => {
    const call = openCall(origin, path("Talk"));
    call.sendBytes(Buffer.from([0, 0xff, 0xff, 0xff, 0xff]));
    for (let index = 0; index < 64; index++) call.sendBytes(Buffer.alloc(64 * 1024));
    assert.equal(statusOf(await call.answer).code, 8);
  }));

test("a fault is unavailable, and its words stay inside; the token goes with it", () =>
  withServer(async (origin) => {
    const answer = await rawCall(origin, path("Fail"), password, hello);
    assert.deepEqual(statusOf(answer), {
      code: 14,
      reason: "unavailable",
      message: "The service cannot tell now. Try again.",
    });
    assert.match(String(answer.headers.authorization), /^Bearer sps_/);
  }));

test("a stream that has ended before its client does is let go when the client ends it", () =>
  withServer(
    async (origin) => {
      const session = connectHttp2(origin);
      const headers = { ":method": "POST", ":path": path("Talk"), "content-type": "application/grpc" };
      for (let count = 0; count < 20; count++) {
        const stream = session.request(headers);
        const ended = once(stream.resume(), "end");
        stream.write(frame(Buffer.from("bye")));
        await ended;
        stream.end(frame(Buffer.from("and farewell")));
        assert.equal(stream.rstCode, 0);
        await new Promise((resolve) => session.ping(resolve));
      }
      session.destroy();
    },
    () => createServer({ settings: { maxConcurrentStreams: 10 } }, door),
  ));

test("a call that is held hears that its client has left, and is never cut off while it waits for us", () =>
  withServer(async (origin) => {
    const call = openCall(origin, path("Wait"), password);
    call.send(Buffer.from("x"));
    call.halfClose();
    await rawCall(origin, path("Echo"), password, hello);
    world.advance(60_000);
    await rawCall(origin, path("Echo"), password, hello);
    assert.deepEqual(gone, []);
    call.close();
    await call.answer;
    while (gone.length === 0) await rawCall(origin, path("Echo"), password, hello);
    assert.deepEqual(gone.splice(0), ["wait"]);
  }));

test("a call whose message does not come is cut off after ten seconds", () =>
  withServer(async (origin) => {
    const call = openCall(origin, path("Echo"), password);
    call.sendBytes(Buffer.from([0]));
    await rawCall(origin, path("Echo"), password, hello);
    world.advance(9_999);
    await rawCall(origin, path("Echo"), password, hello);
    world.advance(1);
    assert.equal((await call.answer).rstCode, 8);
  }));

for (const [what, headers] of [
  ["another media type", { "content-type": "application/json" }],
  ["another codec", { "content-type": "application/grpc+json" }],
  ["no media type", { "content-type": "" }],
  ["GET", { ":method": "GET" }],
] as const) {
  test(`${what} is 400 or an invalid argument, never served`, () =>
    withServer(async (origin) => {
      const answer = await rawCall(origin, path("Open"), headers, hello);
      const isRpc = answer.headers["grpc-status"] !== undefined;
      assert.equal(isRpc ? answer.headers["grpc-status"] : String(answer.headers[":status"]), isRpc ? "3" : "400");
    }));
}

/** A gRPC-Web answer: its messages, and the lines of its trailer frame. */
function readWeb(bytes: Uint8Array): { readonly messages: string[]; readonly trailers: string } {
  const messages: string[] = [];
  let trailers = "";
  const all = Buffer.from(bytes);
  for (let at = 0; at < all.length; ) {
    const end = at + 5 + all.readUInt32BE(at + 1);
    const part = all.subarray(at + 5, end).toString();
    if (all[at] === 0x80) trailers = part;
    else messages.push(part);
    at = end;
  }
  return { messages, trailers };
}

for (const version of [1, 2] as const) {
  test(`gRPC-Web is served over HTTP/${version}, its trailers in the body and its token in the header block`, () =>
    withServer(
      async (origin) => {
        const ask = async (name: string, headers: Record<string, string>, ...words: string[]) => {
          const body = Buffer.concat(words.map((word) => frame(Buffer.from(word))));
          const type = { "content-type": "application/grpc-web+proto" };
          if (version === 1) {
            const response = await fetch(origin + path(name), {
              method: "POST",
              body,
              headers: { ...type, ...headers },
            });
            const web = readWeb(new Uint8Array(await response.arrayBuffer()));
            return { ...web, authorization: response.headers.get("authorization") ?? undefined };
          }
          const session = connectHttp2(origin);
          const stream = session.request({ ":method": "POST", ":path": path(name), ...type, ...headers });
          stream.end(body);
          const [head] = (await once(stream, "response")) as [{ authorization?: string }];
          const chunks: Buffer[] = [];
          for await (const chunk of stream) chunks.push(chunk as Buffer);
          session.close();
          return { ...readWeb(Buffer.concat(chunks)), authorization: head.authorization };
        };
        const good = await ask("Echo", password, "hello");
        assert.deepEqual([good.messages, good.trailers], [["ada: hello"], "grpc-status: 0\r\n"]);
        assert.match(String(good.authorization), /^Bearer sps_/);
        assert.match((await ask("Echo", {}, "hello")).trailers, /^grpc-status: 16\r\n/);
        assert.match((await ask("Echo", password)).trailers, /^grpc-status: 3\r\n/);
        assert.deepEqual((await ask("Talk", {}, "a", "b")).messages, ["aa", "bb"]);
      },
      () => (version === 1 ? createHttp1Server(door) : createServer(door)) as never,
    ));
}

test("gRPC itself takes HTTP/2", () =>
  withServer(
    async (origin) => {
      const headers = { "content-type": "application/grpc", ...password };
      const response = await fetch(origin + path("Echo"), { method: "POST", headers, body: frame(Buffer.from("x")) });
      assert.equal(response.headers.get("grpc-status"), "3");
    },
    () => createHttp1Server(door) as never,
  ));

test("TLS is the same", async (context) => {
  const certificates = makeCertificates();
  if (certificates === undefined) return context.skip("needs openssl: apt-get install openssl");
  const { key, cert } = certificates.make("localhost");
  const options = { key: readFileSync(key), cert: readFileSync(cert) };
  const server = createSecureServer(options, (request, response) => door(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const session = connectHttp2(`https://localhost:${port}`, { ca: certificates.caPem() });
  try {
    const answer = openCall("", path("Echo"), password, session);
    answer.send(Buffer.from("hello"));
    answer.halfClose();
    assert.equal(text((await answer.answer).messages[0]), "ada: hello");
  } finally {
    session.destroy();
    await new Promise((resolve) => server.close(resolve));
    certificates.remove();
  }
});
