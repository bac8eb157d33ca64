import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { send } from "./raw.js";
import { type Running, startGateway, valuesOf } from "./running.js";

let gateway: Running;
describe("gateway/attacks-framing", () => {
  before(async () => {
    gateway = await startGateway();
  });
  after(() => gateway.close());
  beforeEach(() => {
    gateway.seen.length = 0;
  });

  /** Behind any reading of the body but ours stands a request of its own, with credentials that only we would take. */
  const smuggled = () => `GET /smuggled HTTP/1.1\r\nHost: a\r\nX-Sallyport-Subject: forged\r\n\r\n`;

  function head(lines: readonly string[], version = "1.1"): string {
    const all = ["Host: a", `Authorization: ${gateway.bearer}`, ...lines];
    return `POST /open/x HTTP/${version}\r\n${all.join("\r\n")}\r\n\r\n`;
  }

  /** Refused as a whole: 400 or a closed connection, and no upstream saw any of it. */
  async function refused(bytes: string): Promise<void> {
    const answer = await send(gateway, bytes);
    assert.ok([0, 400].includes(answer.status), `${JSON.stringify(bytes)}: ${answer.text.slice(0, 300)}`);
    assert.deepEqual(gateway.seen, []);
  }

  describe("request smuggling, through the gateway", () => {
    const both = [
      ["Content-Length: 5", "Transfer-Encoding: chunked"],
      ["Transfer-Encoding: chunked", "Content-Length: 5"],
      ["Content-Length: 5", "Content-Length: 6"],
      ["Content-Length: 5", "Content-Length: 5"],
      ["Content-Length: 5, 5"],
      ["Content-Length: 5, 6"],
      ["Content-Length: +5"],
      ["Content-Length: -5"],
      ["Content-Length: 0x5"],
      ["Content-Length: 5e0"],
      ["Content-Length: "],
      ["Content-Length: 99999999999999999999"],
      ["Content-Length : 5"],
      [" Content-Length: 5"],
      ["Content-Length\t: 5"],
      ["Content_Length: 5", "Content-Length: 5", "Transfer-Encoding: chunked"],
    ];
    const codings = [
      "xchunked",
      "chunked, chunked",
      "gzip, chunked",
      "chunked, gzip",
      "chunked, identity",
      "identity",
      "identity, chunked",
      "gzip",
      "chunked;q=1",
      '"chunked"',
      "\x0bchunked",
      "chunked\x0b",
      "chunked,",
      ",chunked",
      "",
    ];

    for (const lines of both) {
      it(`${JSON.stringify(lines)} is refused`, () => refused(`${head(lines)}0\r\n\r\n${smuggled()}`));
    }
    for (const coding of codings) {
      it(`Transfer-Encoding: ${JSON.stringify(coding)} is refused`, () =>
        refused(`${head([`Transfer-Encoding: ${coding}`])}0\r\n\r\n${smuggled()}`));
    }
    it("Transfer-Encoding twice, folded, with a space before the colon, or on HTTP/1.0 is refused", async () => {
      await refused(`${head(["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"])}0\r\n\r\n${smuggled()}`);
      await refused(`${head(["Transfer-Encoding: chunked", "Transfer-Encoding: identity"])}0\r\n\r\n${smuggled()}`);
      await refused(`${head(["Transfer-Encoding:\r\n chunked"])}0\r\n\r\n${smuggled()}`);
      await refused(`${head(["Transfer-Encoding : chunked"])}0\r\n\r\n${smuggled()}`);
      await refused(`${head(["Transfer-Encoding: chunked", "Connection: keep-alive"], "1.0")}0\r\n\r\n${smuggled()}`);
    });

    it("bare line feeds, folded lines and stray carriage returns are refused", async () => {
      await refused(head(["X: 1"]).replaceAll("\r\n", "\n") + smuggled());
      await refused(`${head(["X: 1\nTransfer-Encoding: chunked"])}0\r\n\r\n${smuggled()}`);
      await refused(`${head(["X: 1\rTransfer-Encoding: chunked"])}0\r\n\r\n${smuggled()}`);
      await refused(head(["X: 1\r\n continued"]) + smuggled());
      await refused(head(["X: a\0b"]) + smuggled());
      await refused(`\x20${head([])}${smuggled()}`);
      await refused(head([":x: 1"]) + smuggled());
    });

    for (const body of [
      "5\nhello\n0\n\n",
      "5\r\nhello\n0\r\n\r\n",
      "+5\r\nhello\r\n0\r\n\r\n",
      "0x5\r\nhello\r\n0\r\n\r\n",
      " 5\r\nhello\r\n0\r\n\r\n",
      "5 \r\nhello\r\n0\r\n\r\n",
      "5\r\nhelloX\r\n0\r\n\r\n",
      "-1\r\nhello\r\n0\r\n\r\n",
      "g\r\n",
      "5\r\r\nhello\r\n0\r\n\r\n",
    ]) {
      it(`an ill-formed chunk is refused: ${JSON.stringify(body)}`, async () => {
        const answer = await send(gateway, head(["Transfer-Encoding: chunked"]) + body + smuggled());
        assert.ok([0, 400].includes(answer.status), answer.text.slice(0, 300));
        assert.deepEqual(gateway.seen, []);
      });
    }

    it("chunk extensions and trailers go no further than the gateway, and the body is framed anew", async () => {
      const chunks =
        '3;ext=1\r\nhel\r\n2;a="x"\r\nlo\r\n0\r\nX-Sallyport-Subject: forged\r\nAuthorization: Bearer x\r\n\r\n';
      const last = "GET /open/last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
      const lines = ["Transfer-Encoding: chunked", "Trailer: x-sallyport-subject"];
      const answer = await send(gateway, head(lines) + chunks + last);
      assert.equal(answer.status, 200, answer.text);
      const seen = gateway.seen.find(({ url }) => url === "/open/x");
      assert.equal(seen?.body, "hello");
      assert.deepEqual(valuesOf(seen, "x-sallyport-subject"), ["ada"]);
      assert.deepEqual(valuesOf(seen, "trailer"), []);
      assert.deepEqual([...valuesOf(seen, "transfer-encoding"), ...valuesOf(seen, "content-length")], ["chunked"]);
      assert.equal(gateway.seen.length, 2);
    });

    it("a request inside a body stays a body", async () => {
      const body = smuggled();
      const end = "GET /open/last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
      await send(gateway, head([`Content-Length: ${body.length}`]) + body + end);
      assert.deepEqual(gateway.seen.map(({ url }) => url).sort(), ["/open/last", "/open/x"]);
      assert.equal(gateway.seen.find(({ url }) => url === "/open/x")?.body, body);
    });

    it("a body that is cut off never looks whole to the upstream", async () => {
      for (const start of [
        `${head(["Content-Length: 100"])}short`,
        `${head(["Transfer-Encoding: chunked"])}5\r\nhello\r\n`,
      ]) {
        const { connect } = await import("node:net");
        const socket = connect(Number(new URL(gateway.http1).port), "127.0.0.1");
        socket.on("error", () => {}).write(start);
        await new Promise((resolve) => setTimeout(resolve, 50));
        socket.destroy();
        await new Promise((resolve) => setTimeout(resolve, 50));
        assert.deepEqual(gateway.seen, []);
      }
    });
  });
});
