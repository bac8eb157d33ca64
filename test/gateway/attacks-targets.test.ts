import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { createHttp2Wire } from "../../src/testing/adapter/client.js";
import { http2Status } from "../../src/testing/adapter/http2-frames.js";
import { createRandom } from "../../src/testing/random.js";
import { route } from "./fixtures.js";
import { ask, send } from "./raw.js";
import { type Running, startGateway } from "./running.js";

let gateway: Running;
describe("gateway/attacks-targets", () => {
  before(async () => {
    const open = { anonymous: true };
    gateway = await startGateway({
      routes: [
        route({ path: "/admin" }, { roles: ["admin"] }),
        route({ path: "/public" }, open),
        route({ path: "/pki/prod" }, open),
        route({ path: "/public.v1.P/Ping" }, open),
        route({ path: "/methods", methods: ["GET"] }, open),
        route({ host: "open.example" }, open),
        route(),
      ],
    });
  });
  after(() => gateway.close());
  beforeEach(() => {
    gateway.seen.length = 0;
  });

  async function refused(target: string, status = 400, lines: readonly string[] = []): Promise<void> {
    const answer = await ask(gateway, target, lines);
    assert.equal(answer.status, status, `${JSON.stringify(target)}: ${answer.text.slice(0, 200)}`);
    assert.equal(gateway.seen.length, 0, target);
  }

  const dots =
    "/public/../admin /public/%2e%2e/admin /public/%2E./admin /./admin //admin /public//admin /public/..".split(" ");
  const doubly =
    "/public/%252e%252e/admin /public/%25%32%65%25%32%65/admin /public/..%252fadmin /public/%c0%ae%c0%ae/admin".split(
      " ",
    );
  const encoded =
    "/public/..%2Fadmin /public%2F..%2fadmin /public/..%5Cadmin /public%00 /public%3Bx /public%3Fx /public%23x /public/%0d%0aX:y".split(
      " ",
    );
  const odd =
    "/admin;x /public;/../admin /public/..;/admin /public#x /public/..\\admin /public\\..\\admin /%zz /% /public/%u002e".split(
      " ",
    );

  describe("attacks on the target, through the gateway", () => {
    for (const [row, targets] of Object.entries({
      "16": dots,
      "16, encoded twice": doubly,
      "17": encoded,
      "18": odd,
    })) {
      it(`row ${row}: ${targets.slice(0, 3).join(" ")} … have no canonical form`, async () => {
        for (const target of targets) {
          await refused(target);
          assert.equal(await http2Status(gateway.http2, target, []), 400, target);
        }
        assert.equal(gateway.seen.length, 0);
      });
    }

    it("row 16: the rule and the upstream see one path", async () => {
      await refused("/%61dmin/x", 401);
      await refused("/%61%64min", 401);
      assert.equal((await ask(gateway, "/public/%7e%2dx%2F?".replace("%2F", "/"))).status, 200);
      assert.equal(gateway.seen[0]?.url, "/public/~-x/?");
    });

    it("row 19: a prefix matches whole segments", async () => {
      await refused("/pki/prod-other", 401);
      await refused("/publicity", 401);
      assert.equal((await ask(gateway, "/pki/prod/x")).status, 200);
    });

    it("row 20: a procedure matches by its whole path", async () => {
      await refused("POST /x/y/public.v1.P/Ping", 401);
      await refused("POST /public.v1.P/PingX", 401);
      assert.equal((await ask(gateway, "POST /public.v1.P/Ping")).status, 200);
    });

    it("row 21: absolute-form, *, authority-form, a second or ill-formed Host", async () => {
      await refused("http://a.example/public");
      await refused("http://a.example@open.example/public");
      await refused("OPTIONS *");
      for (const hosts of [
        ["Host: open.example", "Host: a.example"],
        ["Host: a.example", "host: a.example"],
        ["Host: open.example@a.example"],
        ["Host: open.example/x"],
        ["Host: open.example, a.example"],
        ["Host: open.example:99999"],
        ["Host: "],
      ]) {
        await refused("/public", 400, hosts);
      }
      const connect = await send(gateway, "CONNECT a.example:80 HTTP/1.1\r\nHost: a.example:80\r\n\r\n");
      assert.notEqual(connect.status, 200);
      assert.equal((await send(gateway, "GET /public HTTP/1.1\r\nConnection: close\r\n\r\n")).status, 400);
      assert.equal((await send(gateway, "GET /public HTTP/1.0\r\n\r\n")).status, 400);
      assert.equal(gateway.seen.length, 0);
    });

    it("row 21: :authority and host must be one, port included", async () => {
      const host = new URL(gateway.http2).host;
      for (const other of ["open.example", `${host}0`, "127.0.0.1"]) {
        assert.equal(await http2Status(gateway.http2, "/public", [["host", other]]), 400, other);
      }
      assert.equal(gateway.seen.length, 0);
      assert.equal(await http2Status(gateway.http2, "/public", [["host", host]]), 200);
    });

    it("a host rule is met by every spelling of the host, and its spelling is the upstream's", async () => {
      for (const host of ["OPEN.example", "open.example.", "open.example:8080"]) {
        assert.equal((await ask(gateway, "/x", [`Host: ${host}`])).status, 200, host);
      }
      gateway.seen.length = 0;
      await refused("/x", 401, ["Host: open.example.evil"]);
    });

    it("a rule about methods is not passed by another spelling or another method", async () => {
      await refused("get /methods", 400);
      await refused("POST /methods", 404);
      await refused("TRACE /public", 400);
      // Node refuses the spelling on HTTP/1 itself.
      const wire = createHttp2Wire(gateway.http2);
      for (const method of ["post", "Post", "gET"]) {
        assert.equal((await wire.call({ path: "/methods", method })).status, 400, method);
      }
      wire.close();
      assert.equal(gateway.seen.length, 0);
    });

    it("10,000 mutated targets meet the rule that their canonical form meets, or 400", async (test) => {
      const random = createRandom();
      test.diagnostic(`seed ${random.seed}`);
      const pieces =
        "/ // . .. ; %2e %2F %5c \\ %61 %41 %00 %252e # ? admin public x %c3%a9 %C0%AE ~ %7E , %2C @ :".split(" ");
      // In one pipeline of 100 at a time: the gateway answers in order.
      for (let round = 0; round < 100; round++) {
        const targets = Array.from(
          { length: 100 },
          () => `/${Array.from({ length: 1 + random.int(7) }, () => random.pick(pieces)).join("")}`,
        );
        gateway.seen.length = 0;
        const requests = targets.map((target, index) => {
          const last = index === targets.length - 1 ? "Connection: close\r\n" : "";
          return `GET ${target} HTTP/1.1\r\nHost: a.example\r\n${last}\r\n`;
        });
        const { text } = await send(gateway, requests.join(""));
        const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) [A-Z]/g)].map(([, status]) => Number(status));
        assert.equal(statuses.length, targets.length, text.slice(-300));
        for (const status of statuses) assert.ok([200, 400, 401].includes(status), `${status}`);
        // Nobody is logged in: only what is public at a normalising upstream got there.
        for (const { url } of gateway.seen) {
          assert.match(new URL(url, "http://a.example").pathname, /^\/(public|pki\/prod|public\.v1\.P\/Ping)(\/|$)/);
          assert.match(decodeURIComponent(url.split("?")[0] ?? ""), /^\/public(\/|$)/);
        }
      }
    });
  });
});
