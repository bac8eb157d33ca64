import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { matchRoute } from "../../../src/gateway/route/routes.js";
import { tableOf } from "../fixtures.js";

const table = tableOf(
  { path: "/" }, // 1
  { path: "/pki/prod" }, // 2
  { path: "/pki" }, // 3
  { path: "/a", methods: ["GET"] }, // 4
  { path: "/a", methods: ["GET", "POST"] }, // 5
  { path: "/", host: "b.example" }, // 6
  { path: "/caf%C3%A9,x" }, // 7
  { path: "/slash/" }, // 8
);

describe("matchRoute", () => {
  const cases: readonly (readonly [request: string, line: number | undefined])[] = [
    ["GET x /", 1],
    ["GET x /pki/prod", 2],
    ["GET x /pki/prod/", 2],
    ["GET x /pki/prod/x", 2],
    ["GET x /pki/prod-other", 3],
    ["GET x /pkiX", 1],
    ["GET x /x/y/pki/prod", 1],
    ["GET x /a", 4],
    ["POST x /a/b", 5],
    ["PUT x /a", undefined],
    ["get x /a", undefined],
    ["GET b.example /pki/prod", 6],
    ["GET sub.b.example /pki/prod", 2],
    ["GET x /caf%C3%A9%2Cx/y", 7],
    ["GET x /slash", 8],
    ["GET x /slash/x", 8],
    ["GET x /slashes", 1],
  ];
  for (const [request, line] of cases) {
    it(`${request} → line ${line}`, () => {
      const [method = "", host = "", path = ""] = request.split(" ");
      assert.equal(matchRoute(table, { host, path }, method)?.route.line, line);
    });
  }

  it("finds nothing where no place matches", () => {
    assert.equal(
      matchRoute(tableOf({ path: "/a" }, { host: "b", path: "/" }), { host: "x", path: "/" }, "GET"),
      undefined,
    );
  });

  it("reads /x/y/public.v1.P/Ping as below /x, never as /public.v1.P/Ping", () => {
    const procedures = tableOf({ path: "/public.v1.P/Ping" }, { path: "/x" });
    assert.equal(matchRoute(procedures, { host: "h", path: "/x/y/public.v1.P/Ping" }, "POST")?.route.line, 2);
    assert.equal(matchRoute(procedures, { host: "h", path: "/public.v1.P/Pin" }, "POST"), undefined);
  });
});
