import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import fc from "fast-check";
import { isManagedHeader } from "../../src/gateway/forward/header-fate.js";
import { createHttp2Wire } from "../../src/testing/adapter/client.js";
import { route } from "./fixtures.js";
import { ask } from "./raw.js";
import { type Running, startGateway, valuesOf } from "./running.js";

const managed = [
  ..."X-Sallyport-Subject X-Sallyport-Roles X-Sallyport-Actor X-Sallyport-Scheme X-Sallyport-Session".split(" "),
  ..."X-Sallyport-Identity X-Sallyport-New X-Forwarded-For X-Forwarded-Host X-Forwarded-Proto X-Forwarded-User".split(
    " ",
  ),
  ..."X-Forwarded-Prefix Forwarded X-Real-IP Sallyport-Reason X-Original-URL X-Rewrite-URL Proxy-Authorization".split(
    " ",
  ),
  ..."X-HTTP-Method X-HTTP-Method-Override X-Method-Override X-Original-Method X-Original-URI".split(" "),
  ..."Grpc-Metadata-Authorization Grpc-Metadata-X-Sallyport-Subject".split(" "),
];

let gateway: Running;
describe("gateway/attacks-headers", () => {
  before(async () => {
    gateway = await startGateway();
  });
  after(() => gateway.close());
  beforeEach(() => {
    gateway.seen.length = 0;
  });

  /** No header that the upstream saw was forged, and ours are there exactly when somebody is. */
  function assertOurs(somebody: boolean): void {
    const [seen] = gateway.seen;
    assert.ok(seen, "the upstream was asked");
    assert.equal(JSON.stringify(seen.rawHeaders).includes("forged"), false, JSON.stringify(seen.rawHeaders));
    assert.deepEqual(valuesOf(seen, "x-sallyport-subject"), somebody ? ["ada"] : []);
    assert.deepEqual(valuesOf(seen, "x-sallyport-roles"), somebody ? ["user"] : []);
    assert.deepEqual(valuesOf(seen, "x-forwarded-for"), ["127.0.0.1"]);
    assert.deepEqual(valuesOf(seen, "x-forwarded-proto"), ["http"]);
    const strangers = seen.rawHeaders
      .filter((name, index) => index % 2 === 0 && isManagedHeader(name))
      .filter(
        (name) => !/^x-(sallyport-(subject|roles|scheme|session|identity)|forwarded-(for|proto|host))$/.test(name),
      );
    assert.deepEqual(strangers, []);
  }

  describe("attacks on identity headers, through the gateway", () => {
    for (const somebody of [true, false]) {
      const who = somebody ? "somebody" : "nobody";
      const credentials = () => (somebody ? [`Authorization: ${gateway.bearer}`] : []);

      it(`row 9: whatever managed header a client sends is deleted, for ${who}`, async () => {
        await ask(gateway, "/open", [...credentials(), ...managed.map((name) => `${name}: forged`)]);
        assertOurs(somebody);
      });

      it(`row 9: on HTTP/2 too, for ${who}`, async () => {
        const wire = createHttp2Wire(gateway.http2);
        const headers = managed.flatMap((name) => [name, "forged"]);
        if (somebody) headers.push("authorization", gateway.bearer);
        assert.equal((await wire.call({ path: "/open", headers })).status, 200);
        wire.close();
        assertOurs(somebody);
      });

      it(`row 10: aliases are deleted by their normalised name, for ${who}`, async () => {
        const lines = managed.flatMap((name) =>
          [".", "_", "!", "~"].map((mark) => `${name.replaceAll("-", mark)}: forged`),
        );
        await ask(gateway, "/open", [...credentials(), ...lines]);
        assertOurs(somebody);
      });

      it(`row 11: Connection cannot remove ours, for ${who}`, async () => {
        const names = [...managed, "Authorization", "X-Forwarded-For", "Host", "close"];
        await ask(gateway, "/open", [
          ...credentials(),
          "X-Sallyport-Subject: forged",
          `Connection: ${names.join(", ")}`,
        ]);
        assertOurs(somebody);
        assert.deepEqual(valuesOf(gateway.seen[0], "host"), ["a.example"]);
      });
    }

    it("rows 9 to 11 as a property, over spellings", async () => {
      const spelling = fc
        .constantFrom(...managed)
        .chain((name) =>
          fc
            .array(fc.nat(9), { minLength: name.length, maxLength: name.length })
            .map((choices) =>
              [...name]
                .map((character, index) =>
                  character === "-"
                    ? "-_.~^"[(choices[index] ?? 0) % 5]
                    : (choices[index] ?? 0) % 2
                      ? character.toUpperCase()
                      : character.toLowerCase(),
                )
                .join(""),
            ),
        );
      await fc.assert(
        fc.asyncProperty(
          fc.array(spelling, { maxLength: 10 }),
          fc.array(spelling, { maxLength: 5 }),
          async (names, named) => {
            gateway.seen.length = 0;
            const lines = names.map((name) => `${name}: forged`);
            await ask(gateway, "/x", [
              `Authorization: ${gateway.bearer}`,
              ...lines,
              `Connection: ${["close", ...named].join(",")}`,
            ]);
            assertOurs(true);
          },
        ),
        { numRuns: 200, verbose: 1 },
      );
    });

    it("Authorization reaches an upstream only where the route says so, and then only the one field", async () => {
      const routes = [route({}, { forwardAuthorization: true })];
      const forwarding = await startGateway({ routes });
      const lines = (bearer: string) => [`Authorization: ${bearer}`, "Grpc-Metadata-Authorization: forged"];
      await ask(forwarding, "/x", lines(forwarding.bearer));
      assert.deepEqual(valuesOf(forwarding.seen[0], "authorization"), [forwarding.bearer]);
      assert.equal(JSON.stringify(forwarding.seen).includes("forged"), false);
      await forwarding.close();
      await ask(gateway, "/x", lines(gateway.bearer));
      assert.equal(gateway.seen.length, 1);
      assert.equal(JSON.stringify(gateway.seen).includes(gateway.bearer.slice(7)), false);
    });

    it("row 12: X-Forwarded-* counts from a trusted proxy only", async () => {
      const forged = ["X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https", "X-Forwarded-Host: b.example"];
      await ask(gateway, "/open", forged);
      assert.deepEqual(valuesOf(gateway.seen[0], "x-forwarded-for"), ["127.0.0.1"]);
      assert.deepEqual(valuesOf(gateway.seen[0], "x-forwarded-host"), ["a.example"]);
      const behind = await startGateway({ trustedProxies: ["127.0.0.0/8"] });
      await ask(behind, "/open", forged);
      assert.deepEqual(valuesOf(behind.seen[0], "x-forwarded-for"), ["203.0.113.7, 127.0.0.1"]);
      assert.deepEqual(valuesOf(behind.seen[0], "x-forwarded-proto"), ["https"]);
      assert.deepEqual(valuesOf(behind.seen[0], "x-forwarded-host"), ["b.example"]);
      await behind.close();
      await assert.rejects(startGateway({ trustedProxies: ["0.0.0.0/0"] }), { code: "invalid_options" });
    });
  });
});
