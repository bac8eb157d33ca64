import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseTrustedProxies, toForwardedHeaders } from "../../../src/gateway/route/forwarded.js";

const trust = parseTrustedProxies(["10.0.0.0/8", "fd00::/8", "::ffff:192.0.2.0/120", "203.0.113.9"]);

function forwarded(address: string, raw: string[]): string[] {
  const peer = { address, trusted: trust(address) };
  const headers = toForwardedHeaders(raw, peer, trust, { authority: "a.example:80", encrypted: false });
  return headers.filter((_, index) => index % 2 === 1);
}

const forged = [
  "X-Forwarded-For",
  "1.1.1.1, 2.2.2.2, 10.0.0.2",
  "X-Forwarded-Proto",
  "https",
  "X-Forwarded-Host",
  "B.Example",
];

describe("trusted proxies", () => {
  it("are those in the blocks, mapped or not", () => {
    for (const address of ["10.1.2.3", "::ffff:10.1.2.3", "fd12::1", "192.0.2.7", "::ffff:192.0.2.7", "203.0.113.9"]) {
      assert.equal(trust(address), true, address);
    }
    for (const address of [
      "11.0.0.1",
      "::1",
      "fe80::1",
      "192.0.3.1",
      "203.0.113.8",
      "",
      "unknown",
      "10.1",
      "012.0.0.1",
    ]) {
      assert.equal(trust(address), false, address);
    }
  });

  it("are none by default", () => assert.equal(parseTrustedProxies([])("127.0.0.1"), false));

  it("cannot be everybody", () => {
    assert.throws(() => parseTrustedProxies(["10.0.0.1", "0.0.0.0/0"]), {
      code: "invalid_options",
      message:
        'trustedProxies: "0.0.0.0/0": this block is larger than any private network, so clients on the internet are in it; name your proxies',
    });
  });

  it("are addresses", () => {
    assert.throws(() => parseTrustedProxies(["proxy.example"]), {
      code: "invalid_options",
      message: 'trustedProxies: "proxy.example": this must be an address block, such as 10.0.0.0/8 or fd00::/8',
    });
  });
});

describe("X-Forwarded-*", () => {
  it("of somebody who is no proxy of ours counts for nothing", () => {
    assert.deepEqual(forwarded("198.51.100.1", forged), ["198.51.100.1", "http", "a.example:80"]);
  });

  it("of a trusted proxy counts as far as trusted proxies vouch for it", () => {
    assert.deepEqual(forwarded("10.0.0.1", forged), ["2.2.2.2, 10.0.0.2, 10.0.0.1", "https", "b.example"]);
  });

  it("in several fields is one list; what is no address ends it", () => {
    const raw = ["x-forwarded-for", "1.1.1.1", "X-Forwarded-For", "evil, 10.0.0.2"];
    assert.deepEqual(forwarded("::ffff:10.0.0.1", raw), ["10.0.0.2, 10.0.0.1", "http", "a.example:80"]);
  });

  const chains: readonly [given: string, seen: string][] = [
    ["203.0.113.7:51234", "203.0.113.7, 10.0.0.1"],
    ["[2001:db8::7]", "2001:db8::7, 10.0.0.1"],
    ["[2001:db8::7]:51234", "2001:db8::7, 10.0.0.1"],
    ["2001:db8::7", "2001:db8::7, 10.0.0.1"],
    ["203.0.113.7,", "203.0.113.7, 10.0.0.1"],
    [" , 203.0.113.7 ,, 10.0.0.2:80 , ", "203.0.113.7, 10.0.0.2, 10.0.0.1"],
    ["::ffff:203.0.113.7", "203.0.113.7, 10.0.0.1"],
    ["203.0.113.7:", "10.0.0.1"],
    ["203.0.113.7:99999999", "10.0.0.1"],
    ["[203.0.113.7", "10.0.0.1"],
    ["[203.0.113.7]:80x", "10.0.0.1"],
    ["203.0.113.7.1:80", "10.0.0.1"],
  ];
  for (const [given, seen] of chains) {
    it(`names the client of ${JSON.stringify(given)} with or without its port`, () => {
      assert.equal(forwarded("10.0.0.1", ["x-forwarded-for", given])[0], seen);
    });
  }

  const outermost: readonly [why: string, raw: string[], proto: string, host: string][] = [
    ["a WebSocket that Traefik names", ["x-forwarded-proto", "wss"], "https", "a.example:80"],
    ["a WebSocket in clear", ["x-forwarded-proto", "WS"], "http", "a.example:80"],
    ["two proxies that agree", ["x-forwarded-proto", "https, https"], "https", "a.example:80"],
    ["two lines", ["x-forwarded-proto", "https", "x-forwarded-proto", "https"], "https", "a.example:80"],
    [
      "two trusted proxies, of which the outer one ended TLS",
      [
        ...["x-forwarded-for", "1.1.1.1, 10.0.0.2"],
        ...["x-forwarded-proto", "https,http", "x-forwarded-host", "b.example, B.Example"],
      ],
      "https",
      "b.example",
    ],
    [
      "a client that names itself before one trusted proxy does",
      [
        ...["x-forwarded-for", "9.9.9.9, 1.1.1.1"],
        ...["x-forwarded-proto", "https,http", "x-forwarded-host", "evil, b.example"],
      ],
      "http",
      "b.example",
    ],
    [
      "a client that names a host before one of two trusted proxies does, as the other may pass it on",
      ["x-forwarded-for", "1.1.1.1, 10.0.0.2", "x-forwarded-host", "evil.example, b.example"],
      "http",
      "a.example:80",
    ],
    [
      "a client that names itself before a trusted proxy appends nothing",
      ["x-forwarded-proto", "https,", "x-forwarded-host", "evil.example", "x-forwarded-host", ""],
      "http",
      "a.example:80",
    ],
    [
      "a client that names itself before two trusted proxies do",
      ["x-forwarded-for", "1.1.1.1, 10.0.0.2", "x-forwarded-proto", "https, http, http"],
      "http",
      "a.example:80",
    ],
  ];
  for (const [why, raw, proto, host] of outermost) {
    it(`tells scheme and host of ${why}`, () => {
      assert.deepEqual(forwarded("10.0.0.1", raw).slice(1), [proto, host]);
    });
  }

  it("said twice, or in no known form, is made anew", () => {
    const raw = ["x-forwarded-proto", "https", "x-forwarded-proto", "http", "x-forwarded-host", "a b"];
    assert.deepEqual(forwarded("10.0.0.1", raw), ["10.0.0.1", "http", "a.example:80"]);
    assert.deepEqual(forwarded("10.0.0.1", ["x-forwarded-proto", "gopher"]), ["10.0.0.1", "http", "a.example:80"]);
  });
});
