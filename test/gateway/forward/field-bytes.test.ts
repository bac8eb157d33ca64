import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2, constants, type IncomingHttpHeaders } from "node:http2";
import { connect, createServer, type Server, type Socket } from "node:net";
import { PassThrough } from "node:stream";
import { after, before, beforeEach, describe, it, type TestContext } from "node:test";
import fc from "fast-check";
import type { Exchange } from "../../../src/gateway/forward/exchange.js";
import { toUpstreamHeaders } from "../../../src/gateway/forward/managed-headers.js";
import { sized } from "../../size.js";
import { type Running, startGateway } from "../running.js";

/** All text here is latin1: one character for each byte. */
const bytesOf = (text: string): string => Buffer.from(text, "utf8").toString("latin1");
const charactersOf = (bytes: Iterable<number>): string => String.fromCharCode(...bytes);

const all = Array.from({ length: 256 }, (_, byte) => byte);
const isForbidden = (byte: number): boolean => (byte < 0x20 && byte !== 0x09) || byte === 0x7f;
const forbidden = all.filter(isForbidden);
const allowed = all.filter((byte) => !isForbidden(byte));
/** Every byte that a value may have, and the blanks not at its ends. */
const everyByte = `a${charactersOf(allowed)}z`;
const fileName = `attachment; filename="${bytesOf("中文 Größe č.pdf")}"`;

/** Fields that Node or undici treats unlike others, in one direction or in one protocol, and some that it does not. */
const special = [
  ..."content-disposition content-type content-location content-range content-language set-cookie location link date".split(
    " ",
  ),
  ..."etag last-modified expires age server retry-after www-authenticate x-content-type-options alt-svc".split(" "),
  ..."status x-value __proto__ constructor".split(" "),
] as const;
const asked = [
  ..."content-disposition content-type cookie set-cookie link location date user-agent referer accept range".split(" "),
  ..."if-none-match if-modified-since origin from age x-value __proto__ constructor".split(" "),
] as const;

/** What the upstream writes: all at once, or the second part when the caller has the first. */
let answer: readonly [string, string?] = [""];
let released: () => void = () => {};
/** The header blocks that the upstream got. */
const got: string[] = [];
const sockets = new Set<Socket>();
let server: Server;
let gateway: Running;

describe("gateway/forward/field-bytes", () => {
  before(async () => {
    server = createServer((socket) => {
      sockets.add(socket.on("error", () => {}).setNoDelay());
      let text = "";
      socket.on("data", (data: Buffer) => {
        text += data.toString("latin1");
        const end = text.indexOf("\r\n\r\n");
        if (end === -1) return;
        got.push(text.slice(0, end + 2));
        text = "";
        const [first, second] = answer;
        socket.write(first, "latin1");
        released = () => second !== undefined && socket.write(second, "latin1");
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    gateway = await startGateway({ upstream: { origin: `http://127.0.0.1:${port}` } });
  });
  after(async () => {
    assert.deepEqual(gateway.faults, []);
    await gateway.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  beforeEach(() => {
    got.length = 0;
  });

  interface Received {
    /** 0 without an answer. */
    readonly status: number;
    readonly values: (name: string) => string[];
    readonly trailers: (name: string) => string[];
    readonly hints: (name: string) => string[];
    readonly body: string;
    /** The answer ended as its framing says. */
    readonly whole: boolean;
    /** HTTP/2's code. */
    readonly code: number;
  }

  type Caller = (method: string, fields?: readonly string[], body?: string) => Promise<Received>;

  /** Byte for byte, by no parser of Node's. */
  async function callHttp1(method: string, fields: readonly string[] = [], body = ""): Promise<Received> {
    const socket = connect(Number(new URL(gateway.http1).port), "127.0.0.1");
    const lines = [`${method} /open HTTP/1.1`, "Host: a.example"];
    if (!fields.includes("Connection")) lines.push("Connection: close");
    for (let index = 0; index < fields.length; index += 2) lines.push(`${fields[index]}: ${fields[index + 1]}`);
    if (body !== "") lines.push(`Content-Length: ${body.length}`);
    socket.write(`${lines.join("\r\n")}\r\n\r\n${body}`, "latin1");
    let text = "";
    socket.on("error", () => {}).setEncoding("latin1");
    socket.on("data", (data: string) => {
      text += data;
      if (text.includes("\r\n\r\n")) released();
    });
    await once(socket, "close");
    const hints = /^HTTP\/1\.1 103 [\s\S]*?\r\n\r\n/.exec(text)?.[0] ?? "";
    text = text.slice(hints.length);
    const end = text.indexOf("\r\n\r\n") + 4;
    const head = text.slice(0, end);
    const rest = text.slice(end);
    const chunked = /\r\ntransfer-encoding: chunked\r\n/i.test(head) && method !== "HEAD";
    const last = /(?:^|\r\n)0\r\n((?:[^\r\n]+\r\n)*)\r\n$/.exec(rest);
    return {
      status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0),
      values: (name) => valuesIn(head, name),
      trailers: (name) => valuesIn(`\r\n${chunked ? last?.[1] : ""}`, name),
      hints: (name) => valuesIn(hints, name),
      body: rest,
      whole: head !== "" && (chunked ? last !== null : true),
      code: 0,
    };
  }

  /** The values of a field, in the lines of a header block. */
  function valuesIn(block: string, name: string): string[] {
    const start = `${name}: `;
    return block
      .split("\r\n")
      .filter((line) => line.slice(0, start.length).toLowerCase() === start)
      .map((line) => line.slice(start.length));
  }

  async function callHttp2(method: string, fields: readonly string[] = [], body = ""): Promise<Received> {
    const session = connectHttp2(gateway.http2);
    session.on("error", () => {});
    const headers: Record<string, string> = { ":path": "/open", ":method": method };
    for (let index = 0; index < fields.length; index += 2)
      headers[fields[index] as string] = fields[index + 1] as string;
    const stream = session.request(headers, { endStream: body === "" });
    if (body !== "") stream.end(body, "latin1");
    let status = 0;
    const blocks: Record<"response" | "trailers" | "headers", string[]> = { response: [], trailers: [], headers: [] };
    for (const event of ["response", "trailers", "headers"] as const) {
      // The typings lack the third parameter: the fields as received.
      stream.on(event, (received: IncomingHttpHeaders & { ":status"?: number }, ...rest: unknown[]) => {
        blocks[event] = rest[1] as string[];
        if (event === "response") status = received[":status"] ?? 0;
        if (event === "response") released();
      });
    }
    let text = "";
    stream.setEncoding("latin1").on("data", (data: string) => {
      text += data;
    });
    stream.on("error", () => {});
    await new Promise((resolve) => stream.on("close", resolve));
    session.destroy();
    const pick = (block: readonly string[]) => (name: string) =>
      block.filter((_, index) => index % 2 === 1 && block[index - 1] === name);
    return {
      status,
      values: pick(blocks.response),
      trailers: pick(blocks.trailers),
      hints: pick(blocks.headers),
      body: text,
      whole: stream.rstCode === constants.NGHTTP2_NO_ERROR,
      code: stream.rstCode ?? 0,
    };
  }

  const callers: readonly (readonly [string, Caller])[] = [
    ["HTTP/1", callHttp1],
    ["HTTP/2", callHttp2],
  ];

  interface Way {
    readonly method: "GET" | "HEAD";
    readonly framing: "length" | "chunked";
    /** The header block leaves with the body, or before it. */
    readonly together: boolean;
  }

  const ways: readonly Way[] = (["GET", "HEAD"] as const).flatMap((method) =>
    (["length", "chunked"] as const).flatMap((framing) =>
      [true, false].map((together) => ({ method, framing, together })),
    ),
  );

  /** An answer with these fields, name, value, name, value. The framing comes first: that is what Node looks at. */
  function answerWith(fields: readonly string[], { method, framing, together }: Way): typeof answer {
    const lines = ["HTTP/1.1 200 OK", framing === "length" ? "Content-Length: 2" : "Transfer-Encoding: chunked"];
    for (let index = 0; index < fields.length; index += 2) lines.push(`${fields[index]}: ${fields[index + 1]}`);
    const head = `${lines.join("\r\n")}\r\n\r\n`;
    if (method === "HEAD") return [head];
    const body = framing === "length" ? "ok" : "2\r\nok\r\n0\r\n\r\n";
    return together ? [head + body] : [head, body];
  }

  const way = fc.constantFrom(...ways);
  const allowedByte = fc.oneof(fc.constantFrom(...allowed), fc.constantFrom(0x09, 0x20, 0x80, 0xff));
  const forbiddenByte = fc.constantFrom(...forbidden.filter((byte) => byte !== 0x0a));
  const goodValue = fc.array(allowedByte, { maxLength: 40 }).map(charactersOf);
  const value = fc
    .array(fc.oneof({ weight: 40, arbitrary: allowedByte }, { weight: 1, arbitrary: forbiddenByte }), { maxLength: 40 })
    .map(charactersOf);
  /** Blanks around a value are no part of it. */
  const withoutBlanks = (text: string): string => text.replace(/^[\t ]+|[\t ]+$/g, "");

  /** A random test prints its seed. */
  async function holds<T>(test: TestContext, property: fc.IAsyncProperty<T>, numRuns: number): Promise<void> {
    const seed = Date.now() & 0x7fffffff;
    test.diagnostic(`seed ${seed}`);
    await fc.assert(property, { seed, numRuns });
  }

  type Values = Record<string, string | string[]>;

  /** Fields as no parser of ours lets them through. */
  const ruined: readonly Values[] = [
    ...[0x00, 0x01, 0x0a, 0x0d, 0x1f, 0x7f, 0x100, 0x10a, 0x4e2d].map((code) => ({
      "x-value": `a${String.fromCharCode(code)}z`,
    })),
    { "set-cookie": ["a", "b\u0001"] },
  ];
  const good: Values = { "x-value": "a" };

  const toFlat = (values: Values): string[] =>
    Object.entries(values).flatMap(([name, value]) => [value].flat().flatMap((one) => [name, one]));

  /** Has a forwarder say these things in place of an upstream. */
  async function whileSaying<T>(saying: (exchange: Exchange) => void, act: () => Promise<T>): Promise<T> {
    const { shares } = gateway.upstreams.get("app") ?? {};
    assert.ok(shares);
    const { send } = shares;
    Object.assign(shares, { send: saying });
    try {
      return await act();
    } finally {
      Object.assign(shares, { send });
    }
  }

  for (const [protocol, call] of callers) {
    describe(`the bytes of an answer's fields, ${protocol}`, { timeout: 60_000 }, () => {
      it("arrive as they came, in every field, whether the header block leaves with the body or before it", async () => {
        for (const name of special) {
          for (const one of ways) {
            for (const sent of name === "content-disposition" ? [everyByte, fileName] : [everyByte]) {
              answer = answerWith([name, sent], one);
              const received = await call(one.method);
              const where = `${name} ${JSON.stringify(one)}`;
              assert.equal(received.status, 200, where);
              assert.deepEqual(received.values(name), [sent], where);
              assert.ok(received.whole, where);
            }
          }
        }
      });

      it("cannot begin a line: what Node would decode to CR and LF stays a file name", async () => {
        const sent = bytesOf('attachment; filename="a\u010d\u010aX-Injected: yes\u010d\u010aAuthorization: Bearer x"');
        for (const one of ways) {
          answer = answerWith(["Content-Disposition", sent], one);
          const received = await call(one.method);
          assert.deepEqual(received.values("content-disposition"), [sent], JSON.stringify(one));
          assert.deepEqual([...received.values("x-injected"), ...received.values("authorization")], []);
        }
      });

      it("that no field may have make the answer a 502", async () => {
        for (const byte of forbidden) {
          for (const name of ["content-disposition", "x-value"]) {
            for (const method of ["GET", "HEAD"] as const) {
              const one: Way = { method, framing: "length", together: true };
              answer = answerWith([name, `a${charactersOf([byte])}z`], one);
              const received = await call(method);
              assert.equal(received.status, 502, `${name} ${byte}`);
              assert.deepEqual(received.values(name), []);
            }
          }
        }
      });

      it("arrive as they came or make a 502, at random", (test) =>
        holds(
          test,
          fc.asyncProperty(fc.constantFrom(...special), value, way, async (name, sent, one) => {
            answer = answerWith([name, sent], one);
            const received = await call(one.method);
            if ([...sent].some((character) => isForbidden(character.charCodeAt(0)))) {
              assert.equal(received.status, 502);
            } else {
              assert.equal(received.status, 200);
              assert.deepEqual(received.values(name), [withoutBlanks(sent)]);
            }
          }),
          sized(20, 300),
        ));

      it("arrive without the blanks around them, which are none of them", async () => {
        for (const one of ways) {
          answer = answerWith(["X-Value", " \t a \t b \t ", "Set-Cookie", "c\t", "Set-Cookie", "d "], one);
          const received = await call(one.method);
          assert.deepEqual(received.values("x-value"), ["a \t b"]);
          assert.deepEqual(received.values("set-cookie"), ["c", "d"]);
        }
      });

      it("arrive in lines that came twice", async () => {
        for (const one of ways) {
          const fields = ["Content-Disposition", fileName, "Content-Disposition", everyByte, "Set-Cookie", everyByte];
          answer = answerWith([...fields, "Set-Cookie", "b"], one);
          const received = await call(one.method);
          assert.equal(received.values("content-disposition").join(", "), `${fileName}, ${everyByte}`);
          assert.deepEqual(received.values("set-cookie"), [everyByte, "b"]);
        }
      });

      it("arrive in trailers, also where there is no body, or the answer is cut", async () => {
        for (const name of special) {
          for (const body of ["2\r\nok\r\n", ""]) {
            const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
            const end = `${body}0\r\n${name}: ${everyByte}\r\n\r\n`;
            for (const sent of [[head + end], [head, end]] as const) {
              answer = sent;
              const received = await call("GET");
              assert.deepEqual([received.status, received.whole], [200, true], name);
              assert.deepEqual(received.trailers(name), [everyByte], name);
            }
          }
        }
        for (const byte of forbidden) {
          const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n";
          answer = [head, `0\r\nX-Value: a${charactersOf([byte])}z\r\n\r\n`];
          const received = await call("GET");
          assert.deepEqual([received.status, received.whole], [200, false], String(byte));
          if (protocol === "HTTP/2") assert.equal(received.code, constants.NGHTTP2_INTERNAL_ERROR);
        }
      });

      it("arrive in early hints", async () => {
        const link = `</${charactersOf(allowed.filter((byte) => byte >= 0x80))}>; rel=preload`;
        const hints = `HTTP/1.1 103 Early Hints\r\nLink: ${link}\r\n\r\n`;
        const [head] = answerWith([], { method: "GET", framing: "length", together: true });
        answer = [hints + head];
        const received = await call("GET");
        assert.deepEqual([received.status, received.hints("link")], [200, [link]]);
      });
    });

    describe(`an answer that cannot be passed on, ${protocol}`, () => {
      async function hear(head: Values, body: string, trailers: Values): Promise<Received & { aborted: boolean }> {
        let aborted = false;
        const received = await whileSaying(
          (exchange) => {
            aborted = !exchange.head(200, toFlat(head), false);
            if (aborted) return;
            if (body !== "") exchange.data(Buffer.from(body), false);
            exchange.end(toFlat(trailers));
          },
          () => call("GET"),
        );
        return { ...received, aborted };
      }

      it("is 502 before its header block is sent, and nothing of it is dropped or changed", async () => {
        for (const fields of ruined) {
          const { status, values, aborted } = await hear({ ...fields, "x-other": "1" }, "ok", {});
          assert.deepEqual([status, values("x-value"), values("x-other")], [502, [], []], JSON.stringify(fields));
          assert.ok(aborted, "the upstream's answer is not read on");
        }
        const { status, values } = await hear(good, "ok", good);
        assert.deepEqual([status, values("x-value")], [200, ["a"]]);
      });

      it("for its trailers is cut, or 502 while nothing is sent", async () => {
        for (const trailers of ruined) {
          const cut = await hear(good, "ok", trailers);
          assert.equal(cut.whole, false, JSON.stringify(trailers));
          assert.deepEqual(cut.trailers("x-value"), []);
          if (protocol === "HTTP/2") assert.equal(cut.code, constants.NGHTTP2_INTERNAL_ERROR);
          const empty = await hear(good, "", trailers);
          assert.deepEqual([empty.status, empty.values("x-value")], [502, []]);
        }
      });
    });

    describe(`the bytes of a request's fields, ${protocol}`, { timeout: 60_000 }, () => {
      beforeEach(() => {
        answer = answerWith([], { method: "GET", framing: "length", together: true });
      });

      it("reach the upstream as they came, in every field, with and without a body", async () => {
        // Node's HTTP/2 client loses it.
        for (const name of asked.filter((one) => protocol === "HTTP/1" || one !== "__proto__")) {
          for (const body of ["", "hello"]) {
            got.length = 0;
            const received = await call(body === "" ? "GET" : "POST", [name, everyByte], body);
            assert.equal(received.status, 200, name);
            assert.deepEqual(valuesIn(got[0] ?? "", name), [everyByte], name);
          }
        }
      });

      it("reach the upstream as they came, at random", (test) =>
        holds(
          test,
          fc.asyncProperty(
            fc.constantFrom("content-disposition", "cookie", "x-value"),
            goodValue,
            async (name, sent) => {
              const kept = withoutBlanks(sent);
              got.length = 0;
              assert.equal((await call("GET", [name, kept])).status, 200);
              assert.deepEqual(valuesIn(got[0] ?? "", name), [kept]);
            },
          ),
          sized(20, 200),
        ));
    });
  }

  describe("the bytes of a request's fields", () => {
    it("that no field may have are 400, and the upstream is not asked", async () => {
      for (const byte of forbidden) {
        const { status } = await callHttp1("GET", ["X-Value", `a${charactersOf([byte])}z`]);
        assert.equal(status, 400, String(byte));
      }
      assert.deepEqual(got, []);
    });

    it("stay when the cookie with the token is taken out, also those that JavaScript calls a blank", () => {
      const cookies = `b=${bytesOf("à")}; token=x; c=${everyByte.replaceAll(";", "")}${bytesOf("voilà")}`;
      const carriers = { cookie: { name: "token" } };
      const headers = toUpstreamHeaders(["Cookie", cookies], { forwardAuthorization: false, carriers, ours: [] });
      assert.deepEqual(headers, ["cookie", cookies.replace(" token=x;", "")]);
    });
  });

  describe("the bytes of a 101", () => {
    it("arrive as they came, before the first ones of the tunnel", async () => {
      const lines = ["HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", "Upgrade: websocket"];
      answer = [`${[...lines, `X-Value: ${everyByte}`, `Content-Disposition: ${fileName}`].join("\r\n")}\r\n\r\nhello`];
      const socket = connect(Number(new URL(gateway.http1).port), "127.0.0.1");
      socket.write("GET /open HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
      let text = "";
      for await (const data of socket.setEncoding("latin1")) {
        text += data;
        if (text.endsWith("hello")) break;
      }
      const [head = "", rest] = text.split("\r\n\r\n");
      assert.deepEqual(valuesIn(head, "x-value"), [everyByte]);
      assert.deepEqual(valuesIn(head, "content-disposition"), [fileName]);
      assert.equal(rest, "hello");
    });

    it("that cannot be passed on are a 502", async () => {
      for (const fields of ruined) {
        const upstream = new PassThrough();
        const upgrade = ["Connection", "Upgrade", "Upgrade", "websocket"];
        const received = await whileSaying(
          (exchange) => exchange.tunnel(["upgrade", "websocket", ...toFlat(fields)], upstream),
          () => callHttp1("GET", upgrade),
        );
        assert.equal(received.status, 502, JSON.stringify(fields));
        assert.ok(upstream.destroyed);
      }
    });
  });
});
