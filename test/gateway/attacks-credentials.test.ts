import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { http2Status } from "../../src/testing/adapter/http2-frames.js";
import { ask, send } from "./raw.js";
import { basicOf, type Running, startGateway, valuesOf } from "./running.js";

let gateway: Running;
describe("gateway/attacks-credentials", () => {
  before(async () => {
    gateway = await startGateway();
  });
  after(() => gateway.close());
  beforeEach(() => {
    gateway.seen.length = 0;
  });

  /** Refused with `status`, and the upstream was not contacted. */
  async function refused(lines: readonly string[], status = 401, path = "/x"): Promise<void> {
    const answer = await ask(gateway, path, lines);
    assert.equal(answer.status, status, `${JSON.stringify(lines).slice(0, 200)}: ${answer.text.slice(0, 300)}`);
    assert.equal(gateway.seen.length, 0);
    if (status === 401) assert.match(answer.text, /\r\nwww-authenticate: /i);
  }

  describe("attacks on credentials, through the gateway", () => {
    it("row 1: two Authorization fields are refused, whichever is good, and equal ones too", async () => {
      const good = `Authorization: ${gateway.bearer}`;
      for (const lines of [
        [good, "Authorization: Bearer evil"],
        ["authorization: Bearer evil", good],
        [good, good],
        [good, "Authorization:"],
      ]) {
        await refused(lines);
        await refused(lines, 401, "/open/x");
        const fields = lines.map((line) => ["authorization", line.replace(/^authorization: ?/i, "")] as const);
        assert.equal(await http2Status(gateway.http2, "/x", fields), 401);
        assert.equal(await http2Status(gateway.http2, "/open/x", fields), 401);
      }
      assert.equal(gateway.seen.length, 0);
      assert.equal(await http2Status(gateway.http2, "/x", [["authorization", gateway.bearer]]), 200);
    });

    it("row 2: a comma-joined pair is refused", async () => {
      await refused([`Authorization: ${gateway.bearer}, Bearer evil`]);
      await refused([`Authorization: Bearer evil, ${gateway.bearer}`]);
      await refused([`Authorization: ${gateway.bearer},${gateway.bearer}`]);
    });

    it("row 3: metadata spellings of Authorization are no credential and reach no upstream", async () => {
      const names = [
        "Grpc-Metadata-Authorization",
        "Grpcgateway-Authorization",
        "Proxy-Authorization",
        "grpc_metadata_authorization",
      ];
      for (const name of names) await refused([`${name}: ${gateway.bearer}`]);
      await ask(gateway, "/x", [`Authorization: ${gateway.bearer}`, ...names.map((name) => `${name}: Bearer evil`)]);
      const [seen] = gateway.seen;
      assert.ok(seen);
      for (const name of names) assert.deepEqual(valuesOf(seen, name.toLowerCase()), [], name);
      assert.equal(JSON.stringify(seen).includes("evil"), false);
    });

    it("row 4: the scheme is matched whole and without regard to case", async () => {
      const token = gateway.bearer.slice("Bearer ".length);
      for (const value of [
        `xBearer ${token}`,
        `BearerX ${token}`,
        `Bearer${token}`,
        "Bearer",
        "Bearer ",
        "xBasic YTpi",
        token,
      ]) {
        await refused([`Authorization: ${value}`]);
      }
      assert.equal((await ask(gateway, "/x", [`Authorization: bEaReR ${token}`])).status, 200);
    });

    it("row 5: schemes named like properties of objects are unknown schemes", async () => {
      for (const scheme of ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"]) {
        await refused([`Authorization: ${scheme} x`]);
        await refused([`Authorization: Bearer ${scheme} x`]);
      }
    });

    it("row 6: Basic is decoded strictly", async () => {
      const encode = (bytes: string) => Buffer.from(bytes, "latin1").toString("base64");
      const bad = [
        "!!!!",
        "YWRhOnB3=",
        "YWRhOnB3\tYQ",
        encode("ada"),
        encode("ada\0:pw"),
        encode("ada:pw\n"),
        encode("\xff:pw"),
        encode(":pw"),
        "",
      ];
      for (const payload of bad) await refused([`Authorization: Basic ${payload}`]);
      await refused([`Authorization: ${basicOf("ada", "pw:more")}`]);
      const huge = await ask(gateway, "/x", [`Authorization: Basic ${"A".repeat(1_000_000)}`]);
      assert.ok([431, 0].includes(huge.status), `${huge.status}`);
      assert.equal(gateway.seen.length, 0);
      assert.equal((await ask(gateway, "/x", [`Authorization: ${gateway.password}`])).status, 200);
    });

    it("row 7: a truncated header block is 431 and never anonymous, upgrade or not", async () => {
      for (const count of [256, 1_000, 1_998, 1_999, 2_000]) {
        const filler = Array.from({ length: count }, (_, index) => `f${index}: `);
        for (const path of ["/x", "/open/x"]) {
          await refused([...filler, `Authorization: ${gateway.bearer}`], 431, path);
          await refused([...filler, "Authorization: Bearer evil"], 431, path);
          await refused(["Connection: upgrade", "Upgrade: h2c", ...filler, "Authorization: Bearer evil"], 431, path);
          const socketKey = ["Connection: upgrade", "Upgrade: websocket"];
          await refused([...socketKey, ...filler, "Authorization: Bearer evil"], 431, path);
          const fields = [
            ...filler.map((line) => [line.slice(0, -2), ""] as const),
            ["authorization", "Bearer evil"] as const,
          ];
          assert.notEqual(await http2Status(gateway.http2, path, fields), 200);
        }
      }
      assert.equal(gateway.seen.length, 0);
    });

    it("row 8: bytes above 0x7f in a token are refused, and in an identity they are encoded", async () => {
      await refused([`Authorization: ${gateway.bearer}\xe9`]);
      await refused([`Authorization: Bearer \xc3\xa9`]);
      await refused([`Authorization: B\xe9arer x`]);
      assert.equal((await ask(gateway, "/x", [`Authorization: ${basicOf("zoë", "pw")}`])).status, 200);
      assert.deepEqual(valuesOf(gateway.seen[0], "x-sallyport-subject"), ["zo%C3%AB"]);
    });

    it("row 15: a user name with a line end never becomes a header", async () => {
      for (const user of ["a\r\nX-Sallyport-Subject: root", "a\n", "\ra"]) {
        const answer = await ask(gateway, "/x", [`Authorization: ${basicOf(user, "pw")}`]);
        assert.notEqual(answer.status, 200);
      }
      assert.equal(gateway.seen.length, 0);
    });

    it("a refusal is written in each caller's protocol, and wrong credentials are never anonymous", async () => {
      const types = { "application/grpc": /grpc-status: 16/, "application/grpc-web+proto": /grpc-status: 16/ };
      for (const [type, expected] of Object.entries(types)) {
        const answer = await send(
          gateway,
          `POST /x HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
        );
        assert.match(answer.text, expected);
      }
      await refused(["Authorization: Bearer evil"], 401, "/open/x");
      assert.equal((await ask(gateway, "/open/x")).status, 200);
      const names = gateway.seen[0]?.rawHeaders.filter((name) => /^x-sallyport/i.test(name));
      assert.deepEqual(names, [], "nobody has no identity headers");
    });
  });
});
