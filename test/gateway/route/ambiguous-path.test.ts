import assert from "node:assert/strict";
import { posix } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { isAmbiguous } from "../../../src/gateway/route/ambiguity.js";
import { readingsOf } from "../../../src/gateway/route/ambiguous-path.js";
import { type CanonicalTarget, readTarget } from "../../../src/gateway/route/canonical-target.js";
import { createRouteTable, matchRoute } from "../../../src/gateway/route/routes.js";
import { sized } from "../../size.js";
import { route } from "../fixtures.js";

const table = createRouteTable([
  route({ path: "/admin" }, { line: 1 }),
  route({ path: "/files/private" }, { line: 2 }),
  route({ path: "/files" }, { line: 3, ambiguousPaths: true }),
  route({ path: "/" }, { line: 4 }),
]);

function targetOf(url: string, takesAmbiguous = true): CanonicalTarget | undefined {
  const target = readTarget({ method: "GET", url, rawHeaders: ["Host", "a.example"] }, takesAmbiguous);
  return isAmbiguous(target) ? undefined : target;
}

/** The line of the route; `undefined`: none. */
function lineOf(url: string): number | undefined {
  const target = targetOf(url);
  return target && matchRoute(table, target, "GET")?.route.line;
}

describe("a path of several readings", () => {
  it("passes as it came where all of them lead to one route that takes such paths", () => {
    for (const url of [
      "/files/@scope%2fpkg",
      "/files/projects/group%2Fproject",
      "/files/queues/%2F/jobs",
      "/files/bucket//key",
      "/files/2020/https://example.org/",
      "/files/;v=1/x",
      "/files/C%23",
      "/files/a%3Fb",
      "/files/50%25off",
      "/files/a%255Bb",
      "/files/a%5Cb",
    ]) {
      assert.equal(lineOf(url), 3, url);
      assert.equal(targetOf(url)?.path, url);
    }
  });

  it("has no route where one of them leads to another, or the route takes none", () => {
    for (const url of [
      "/files%2Fprivate/x",
      "/files/private%2Fx",
      "/files//private/x",
      "/files/private;x/y",
      "/files/private%3Fx",
      "/files/private%23",
      "/files/private%253F",
      "/files%5Cprivate",
      "/filesX//y",
      "/admin//x",
      "/a//b",
      "//files/x",
    ]) {
      assert.equal(lineOf(url), undefined, url);
    }
  });

  it("has no target with a segment of dots, a control, a host or a broken octet in any reading", () => {
    for (const url of [
      "/files/../admin",
      "/files/%2e%2e/admin",
      "/files/..%2Fadmin",
      "/files/..%5Cadmin",
      "/files/..;/admin",
      "/files/..;a=b/admin",
      "/files/%252e%252e%252fadmin",
      "/files/..%3Fx",
      "/files/..%23",
      "/files/.%3Bx/y",
      "/files/a%00b",
      "/files/a%250ab",
      "/files/%C2%85",
      "/files/%c0%af",
      "/files/%zz",
      "/files/%25252525",
      "//evil.example/files/",
      "/%2Fevil.example/files/",
      "/%5Cevil.example",
      "/;/evil.example",
      "/;a=b/%5Cevil.example",
      "/%3B/evil.example",
      "/files\\x",
    ]) {
      assert.equal(targetOf(url), undefined, url);
    }
  });

  it("is none to a gateway whose routes take none", () => {
    assert.equal(targetOf("/a//b", false), undefined);
  });

  it("keeps its separators apart in one reading", () => {
    assert.deepEqual([...(readingsOf("/a%2fb") ?? [])], ["/a%2fb", "/a/b"]);
  });
});

/** Ways in which servers read a path, written apart from the code under test. */
const servers: readonly ((path: string) => string | undefined)[] = [
  decode,
  (path) => decode(decode(path)),
  (path) => posix.normalize(decode(path) ?? "/"),
  (path) => posix.normalize(decode(decode(path)) ?? "/"),
  (path) => posix.normalize((decode(path) ?? "/").replace(/\\/g, "/")),
  // Tomcat takes parameters out before it decodes, others after.
  (path) => decode(path.replace(/;[^/]*/g, "")),
  (path) => posix.normalize((decode(path) ?? "/").replace(/;[^/]*/g, "")),
  (path) => posix.normalize((decode(path.replace(/;.*$/, "")) ?? "/").replace(/;[^/]*/g, "")),
  (path) => new URL(`http://a.example${path}`).pathname,
  (path) => new URL(`http://a.example${decode(path) ?? "/"}`).pathname,
  (path) => decode(new URL(decode(path) ?? "/", "http://a.example").pathname),
  (path) => posix.normalize((decode(path) ?? "/").replace(/[?#].*$/s, "")),
];

function decode(path: string | undefined): string | undefined {
  try {
    return path === undefined ? undefined : decodeURIComponent(path.replace(/%(?![0-9A-Fa-f]{2})/g, "%25"));
  } catch {
    return undefined;
  }
}

const piece = fc.constantFrom(
  ..."/ // /. /.. . .. ; ;x ? # %2F %2f %5C %2e %3B %3F %23 %25 %252e %252F %253F %25252F files private admin a %61dmin".split(
    " ",
  ),
);

describe("whatever passes", () => {
  it("is below the place of its route to every server, and below no narrower one", () => {
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 7 }).map((pieces) => `/files${pieces.join("")}`),
        (url) => {
          const path = url.split(/[?#]/, 1)[0] ?? "";
          if (lineOf(path) !== 3) return;
          for (const read of servers) {
            const seen = read(path);
            if (seen === undefined) continue;
            assert.match(seen, /^\/files(?:\/|$|[;?#%\\])/, `${path} is ${seen}`);
            assert.doesNotMatch(seen, /^\/+files[/\\]+private(?:$|[/;?#\\])/, `${path} is ${seen}`);
          }
        },
      ),
      { numRuns: sized(3_000, 30_000), verbose: 1 },
    );
  });
});
