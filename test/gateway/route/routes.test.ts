import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createRouteTable, matchRoute } from "../../../src/gateway/route/routes.js";
import { route, tableOf } from "../fixtures.js";

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

describe("matchRoute, to an upstream that ignores case", () => {
  const folding = createRouteTable(
    [
      route({ path: "/" }, { line: 1, upstream: "windows" }),
      route({ path: "/Admin" }, { line: 2, upstream: "windows" }),
      route({ path: "/linux" }, { line: 3, upstream: "linux" }),
      route({ path: "/stra%C3%9Fe" }, { line: 4, upstream: "windows" }),
      route({ path: "/admin/only" }, { line: 5, upstream: "linux" }),
      route({ path: "/", host: "l.example" }, { line: 6, upstream: "linux" }),
      route({ path: "/shared", host: "l.example" }, { line: 7, upstream: "windows" }),
    ],
    new Map([
      ["windows", { ignoresCase: true }],
      ["linux", { ignoresCase: false }],
    ]),
  );
  const cases: readonly (readonly [path: string, line: number | undefined, host?: string])[] = [
    ["/admin", 2],
    ["/ADMIN/x", 2],
    ["/admin.", 2],
    ["/admin...%20", 2],
    ["/admin%20/x", 2],
    ["/aDmin.%20./", 2],
    ["/administration", 1],
    ["/other", 1],
    ["/STRASSE", undefined],
    ["/STRA%C3%9FE", 4],
    // What only some such upstreams fold: no route where it would be another one.
    ["/%EF%BD%81dmin", undefined], // a full width letter
    ["/adm%C4%B1n", undefined], // a dotless i, whose capital is I
    ["/admin%C2%A0", undefined], // a space that does not break
    ["/admin::$INDEX_ALLOCATION", undefined],
    ["/admin:stream", undefined],
    ["/(S(x))/admin", undefined],
    ["/(A(x)F(y))/admin/x", undefined],
    ["/ADMIN~1", undefined],
    ["/x/LONGNA~2.TXT", undefined],
    ["/x/.../y", undefined],
    ["/x/%20/y", undefined],
    ["/:stream/admin", undefined], // segments of which nothing is left, behind which slashes are joined
    ["/%E3%80%80/admin", undefined],
    ["/%EF%BC%8Fadmin", undefined], // full width separators
    ["/x%EF%BC%8F..%EF%BC%8Fadmin", undefined],
    ["/admin%EF%BC%9Bx", undefined],
    // The same where it is one route in any case.
    ["/x:y", 1],
    ["/:stream/x", 1],
    ["/caf%C3%A9", 1],
    ["/admin/x:y", 2],
    ["/(S(x))/other", 1],
    // An upstream that does not fold gets its own spelling only; a wider route to one that does would get the others.
    ["/linux", 3],
    ["/LINUX", 3],
    ["/admin/only", 5],
    ["/admin/ONLY", 5],
    ["/anything~1", 6, "l.example"],
    ["/SHARED.", 7, "l.example"],
    ["/SHAREDx", 6, "l.example"],
  ];
  for (const [path, line, host = "x"] of cases) {
    it(`${host}${path} → line ${line}`, () => {
      assert.equal(matchRoute(folding, { host, path }, "GET")?.route.line, line);
    });
  }

  it("compares exactly where no upstream ignores case", () => {
    const exact = tableOf({ path: "/" }, { path: "/admin" });
    for (const path of ["/ADMIN", "/admin.", "/admin%20", "/ADMIN~1"]) {
      assert.equal(matchRoute(exact, { host: "x", path }, "GET")?.route.line, 1);
    }
  });
});
