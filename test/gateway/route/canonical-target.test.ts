import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { isAmbiguous } from "../../../src/gateway/route/ambiguity.js";
import { toCanonicalAuthority } from "../../../src/gateway/route/canonical-authority.js";
import { decodePath, toCanonicalPath } from "../../../src/gateway/route/canonical-path.js";
import { readTarget } from "../../../src/gateway/route/canonical-target.js";
import { matchRoute } from "../../../src/gateway/route/routes.js";
import { sized } from "../../size.js";
import { tableOf } from "../fixtures.js";

const runs = { numRuns: sized(1_000, 3_000), verbose: 1 } as const;

const piece = fc.constantFrom(
  ..."/ /. /.. . .. ; # ? \\ // %2F %2f %5C %5c %2e %2E %00 %0a %3B %3F %23 %25 %252e %252F %c0%ae %E2%82%AC %C3 %41 %7e %7E".split(
    " ",
  ),
  ..."%2C , + %2B ! ' ( ) * : @ = & | { } [ ] ^ ` \" < > a admin public A-_~ %61dmin % %4 %zz é \t".split(" "),
  " ",
  "\0",
);
const path = fc.array(piece, { maxLength: 8 }).map((pieces) => `/${pieces.join("")}`);
const anyPath = fc.oneof(
  path,
  fc.string().map((text) => `/${text}`),
  fc.webPath(),
);

function target(url: string, headers: string[] = ["Host", "a.example"], method = "GET") {
  const read = readTarget({ method, url, rawHeaders: headers });
  return isAmbiguous(read) ? undefined : read;
}

/** RFC 3986 §6.2.2 and §5.2.4, written apart from the code under test. */
function normalise3986(text: string): string {
  const cased = text.replace(/%[0-9a-f]{2}/gi, (octet) => {
    const character = String.fromCharCode(Number.parseInt(octet.slice(1), 16));
    return /[a-z0-9\-._~]/i.test(character) ? character : octet.toUpperCase();
  });
  const out: string[] = [];
  const segments = cased.split("/").slice(1);
  segments.forEach((segment, index) => {
    const last = index === segments.length - 1;
    if (segment === "..") out.pop();
    if (segment !== "." && segment !== "..") out.push(segment);
    else if (last) out.push("");
  });
  return `/${out.join("/")}`;
}

describe("the canonical path", () => {
  it("is none where decoding would complete an octet that was cut off", () => {
    for (const text of ["/%4%41", "/a/%2%45%2%45/b", "/%%34%31", "/%2%46", "/%", "/%4", "/%4g"]) {
      assert.equal(toCanonicalPath(text), undefined, text);
    }
  });

  it("is a fixed point", () => {
    fc.assert(
      fc.property(anyPath, (text) => {
        const canonical = toCanonicalPath(text);
        if (canonical !== undefined) assert.equal(toCanonicalPath(canonical), canonical);
      }),
      runs,
    );
  });

  it("is what a URL parser and RFC 3986's normalisation make of it", () => {
    let accepted = 0;
    fc.assert(
      fc.property(anyPath, (text) => {
        const canonical = toCanonicalPath(text);
        if (canonical === undefined) return;
        accepted += 1;
        const url = new URL(`http://a.example${canonical}`);
        assert.equal(url.pathname + url.search + url.hash, canonical);
        assert.equal(normalise3986(canonical), canonical);
      }),
      runs,
    );
    assert.ok(accepted > runs.numRuns / 10, `only ${accepted} were accepted`);
  });

  it("decodes to the same segments, none of which hides a separator, a dot segment or a control", () => {
    fc.assert(
      fc.property(anyPath, (text) => {
        const canonical = toCanonicalPath(text);
        if (canonical === undefined) return;
        const decoded = decodePath(canonical) ?? "";
        assert.equal(decoded.split("/").length, canonical.split("/").length);
        assert.doesNotMatch(decoded, /[\\;?#]|\p{Cc}|\/\/|\/\.{1,2}(\/|$)/u);
        // Nor does a second decoding, which careless upstreams do.
        assert.doesNotMatch(decoded, /%[0-9a-f]{2}/i);
      }),
      runs,
    );
  });

  it("meets the same rule at an upstream that parses, normalises or decodes it", () => {
    const table = tableOf({ path: "/admin" }, { path: "/public" }, { path: "/a,b" }, { path: "/" });
    fc.assert(
      fc.property(anyPath, (text) => {
        const canonical = toCanonicalPath(text);
        if (canonical === undefined) return;
        const rule = (seen: string) => matchRoute(table, { host: "a", path: seen }, "GET")?.route.match.path;
        const first = rule(canonical);
        assert.equal(rule(new URL(`http://a.example${canonical}`).pathname), first);
        assert.equal(rule(normalise3986(canonical)), first);
        const decoded = decodeURIComponent(canonical);
        const plainly = ["/admin", "/public", "/a,b"].find(
          (path) => decoded === path || decoded.startsWith(`${path}/`),
        );
        assert.equal(first, plainly ?? "/");
      }),
      runs,
    );
  });

  const refused = `/public/../admin /public/%2e%2e/admin /public/.%2E/admin /./admin /admin/. /admin/.. //admin /a//b /a%2Fb
    /a%2fb /a%5Cb /a\\b /a%00b /a%3Bb /a%3bb /a;x=1 /a%3Fb /a%23b /a#b /a%0d%0ab /a%7F /a%c2%80 /a%C2%9fb /a%252e%252e/b /a%25%32%65/b /%25%32%66
    /%c0%ae%c0%ae/admin /%C3 /% /%4 /%zz /%u002e * http://a.example/admin admin a.example:80 /a?x#y`;
  for (const url of refused.split(/\s+/)) {
    it(`${url} has none`, () => assert.equal(target(url), undefined));
  }

  it("nor has a target with a control, a space or a character beyond ASCII in path or query", () => {
    for (const bad of ["\0", "\t", "\n", "\r", " ", "\x7f", "\x80", "é", "\u{1f511}"]) {
      assert.equal(target(`/a${bad}b`), undefined, JSON.stringify(bad));
      assert.equal(target(`/a?${bad}b`), undefined, JSON.stringify(bad));
    }
  });

  it("nor has a missing one", () => assert.equal(target(""), undefined));

  const accepted: Record<string, string> = {
    "/": "/",
    "/%61dmin": "/admin",
    "/%7euser/%2dx": "/~user/-x",
    "/caf%c3%a9": "/caf%C3%A9",
    "/a%2cb,c": "/a%2Cb,c",
    "/a[0]|{b}": "/a%5B0%5D%7C%7Bb%7D",
    "/.well-known/...": "/.well-known/...",
    "/100%25": "/100%25",
    "/p.v1.S/Method": "/p.v1.S/Method",
  };
  for (const [url, expected] of Object.entries(accepted)) {
    it(`of ${url} is ${expected}`, () => assert.equal(target(url)?.path, expected));
  }

  it("leaves the query as it came", () => {
    assert.deepEqual(target("/a?b=%2e%2E/../c&d=100%&e=\\"), {
      host: "a.example",
      authority: "a.example",
      path: "/a",
      query: "?b=%2e%2E/../c&d=100%&e=\\",
    });
    assert.equal(target("/a?")?.query, "?");
  });
});

describe("the canonical authority", () => {
  const cases: Record<string, string | undefined> = {
    "A.Example": "a.example",
    "a.example:8080": "a.example:8080",
    "a.example.": "a.example",
    "A.EXAMPLE.:80": "a.example:80",
    "127.0.0.1:1": "127.0.0.1:1",
    "[::1]:80": "[::1]:80",
    "[0:0::0:1]": "[::1]",
    my_service: "my_service",
    "": undefined,
    ".": undefined,
    "a..b": undefined,
    ".a": undefined,
    "user@a.example": undefined,
    "user:pw@a.example": undefined,
    "a.example:": undefined,
    "a.example:0": undefined,
    "a.example:080": undefined,
    "a.example:65536": undefined,
    "a.example:x": undefined,
    "a.example:80:80": undefined,
    "a.example,b.example": undefined,
    "a.example b": undefined,
    "a%2eexample": undefined,
    "a.example/x": undefined,
    "a.example?x": undefined,
    "a.example#x": undefined,
    "é.example": undefined,
    "127.1": undefined,
    "0x7f.0.0.1": undefined,
    "0x7f000001": undefined,
    "2130706433": undefined,
    "0177.0.0.1": undefined,
    "[::1": undefined,
    "::1": undefined,
    "[fe80::1%25eth0]": undefined,
  };
  for (const [value, expected] of Object.entries(cases)) {
    it(`of ${JSON.stringify(value)} is ${expected}`, () => {
      assert.equal(toCanonicalAuthority(value)?.authority, expected);
      assert.equal(toCanonicalAuthority(value)?.host, expected?.replace(/:\d+$/, ""));
    });
  }

  it("is a fixed point, and the host that a URL parser sees", () => {
    const label = fc.constantFrom(
      "a",
      "A",
      "0x7f",
      "127",
      "1",
      "0",
      "-",
      "_",
      "xn--",
      "%",
      "@",
      ":",
      "80",
      "[",
      "]",
      "::",
      " ",
      "é",
    );
    const host = fc.oneof(
      fc.array(fc.oneof(label, fc.constant(".")), { maxLength: 8 }).map((all) => all.join("")),
      fc.webAuthority(),
    );
    fc.assert(
      fc.property(host, (value) => {
        const canonical = toCanonicalAuthority(value);
        if (canonical === undefined) return;
        assert.deepEqual(toCanonicalAuthority(canonical.authority), canonical);
        if (URL.canParse(`http://${canonical.authority}/`)) {
          assert.equal(new URL(`http://${canonical.authority}/`).hostname, canonical.host);
        }
      }),
      runs,
    );
  });

  it("is one: none, two, equal ones too, and a differing :authority have none", () => {
    assert.equal(target("/", []), undefined);
    assert.equal(target("/", ["Host", "a", "host", "a"]), undefined);
    assert.equal(target("/", [":authority", "a", "host", "b"]), undefined);
    assert.equal(target("/", [":authority", "a:80", "host", "a:81"]), undefined);
    assert.equal(target("/", [":authority", "a", ":authority", "a"]), undefined);
    assert.equal(target("/", [":authority", "A:80", "host", "a:80"])?.authority, "a:80");
    assert.equal(target("/", [":authority", "a"])?.host, "a");
  });

  it("does not remember more hosts than there can be", () => {
    for (let index = 0; index < 5_000; index++) assert.equal(toCanonicalAuthority(`h${index}`)?.host, `h${index}`);
  });
});

describe("the method", () => {
  for (const method of ["CONNECT", "TRACE", "get", "Get", "", "G T", "GET\n"]) {
    it(`${JSON.stringify(method)} is refused`, () => assert.equal(target("/", ["Host", "a"], method), undefined));
  }
  it("of an extension passes", () => assert.ok(target("/", ["Host", "a"], "M-SEARCH")));
});
