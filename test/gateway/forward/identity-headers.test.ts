import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { isManagedHeader } from "../../../src/gateway/forward/header-fate.js";
import { encodeHeaderValue, toIdentityHeaders } from "../../../src/gateway/forward/identity-headers.js";
import { toCallerHeaders, toUpstreamHeaders } from "../../../src/gateway/forward/managed-headers.js";
import type { Session } from "../../../src/model/session.js";
import { sized } from "../../size.js";

const identity = Object.freeze({ subject: "ada", roles: ["user", "a,b"], claims: { team: "é" } });
const ours = toIdentityHeaders({ identity, scheme: "basic", session: { ref: "R".repeat(22) } as Session });

function toMap(headers: readonly string[]): Map<string, string[]> {
  const map = new Map<string, string[]>();
  for (let index = 0; index < headers.length; index += 2) {
    const name = (headers[index] ?? "").toLowerCase();
    map.set(name, [...(map.get(name) ?? []), headers[index + 1] ?? ""]);
  }
  return map;
}

describe("identity headers", () => {
  it("say who is calling", () => {
    const fields = toMap(ours);
    assert.deepEqual(fields.get("x-sallyport-subject"), ["ada"]);
    assert.deepEqual(fields.get("x-sallyport-roles"), ["user,a%2Cb"]);
    assert.deepEqual(fields.get("x-sallyport-scheme"), ["basic"]);
    assert.deepEqual(fields.get("x-sallyport-session"), ["R".repeat(22)]);
    assert.equal(fields.has("x-sallyport-actor"), false);
    const [json = ""] = fields.get("x-sallyport-identity") ?? [];
    assert.deepEqual(JSON.parse(Buffer.from(json, "base64url").toString()), identity);
  });

  it("name the actor, and have no field for what is absent", () => {
    const fields = toMap(
      toIdentityHeaders({ identity: { subject: "b" }, actor: { subject: "c d" }, scheme: "bearer" }),
    );
    assert.deepEqual(fields.get("x-sallyport-actor"), ["c%20d"]);
    assert.deepEqual([...fields.keys()].sort(), [
      "x-sallyport-actor",
      "x-sallyport-identity",
      "x-sallyport-scheme",
      "x-sallyport-subject",
    ]);
  });

  it("are made once for a caller that cannot change, and anew for one that can", () => {
    const [first, second] = [Object.freeze({ subject: "ada" }), { subject: "ada" }];
    const fixed = Object.freeze({ identity: first, scheme: "bearer" });
    assert.equal(toIdentityHeaders(fixed), toIdentityHeaders(fixed));
    for (const caller of [
      { identity: first, scheme: "bearer" },
      Object.freeze({ identity: second, scheme: "bearer" }),
    ]) {
      assert.notEqual(toIdentityHeaders(caller), toIdentityHeaders(caller));
      assert.deepEqual(toIdentityHeaders(caller), toIdentityHeaders(fixed));
    }
    const operated = Object.freeze({ identity: first, actor: second, scheme: "bearer" });
    assert.notEqual(toIdentityHeaders(operated), toIdentityHeaders(operated));
  });

  it("are none for nobody", () => assert.deepEqual(toIdentityHeaders(undefined), []));

  it("carry any text in visible ASCII, and give it back", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const value = encodeHeaderValue(text);
        assert.match(value, /^[\x21-\x7e]*$/);
        assert.equal(decodeURIComponent(value), text);
      }),
      { numRuns: sized(500, 2_000), verbose: 1 },
    );
    assert.equal(encodeHeaderValue("\ud800"), "%EF%BF%BD");
  });
});

const base = fc.constantFrom(
  ..."x-sallyport-subject x-sallyport-anything x-forwarded-for x-forwarded-user forwarded authorization x-real-ip".split(
    " ",
  ),
  ..."grpc-metadata-authorization grpcgateway-authorization proxy-authorization sallyport-reason x-rewrite-url".split(
    " ",
  ),
  ..."grpc-metadata-x-sallyport-subject grpcgateway-x-forwarded-for".split(" "),
);
/** The name as CGI, PHP and careless proxies would take for the same. */
const alias = fc.tuple(base, fc.array(fc.nat(1000), { minLength: 40, maxLength: 40 })).map(([name, choices]) =>
  [...name]
    .map((character, index) => {
      const choice = choices[index] ?? 0;
      return character === "-"
        ? ["-", "_", ".", "!", "~"][choice % 5]
        : choice % 2
          ? character.toUpperCase()
          : character;
    })
    .join(""),
);

describe("managed headers", () => {
  it("never pass, whatever their spelling, and ours always do", () => {
    fc.assert(
      fc.property(fc.array(alias), fc.array(alias), (names, named) => {
        const raw = names.flatMap((name) => [name, "forged"]);
        raw.push("Connection", [...named, "x-sallyport-subject", "X-Sallyport-Identity", "keep-alive"].join(", "));
        const headers = toUpstreamHeaders(raw, { forwardAuthorization: false, ours });
        assert.deepEqual(headers, ours);
      }),
      { numRuns: sized(500, 2_000), verbose: 1 },
    );
  });

  it("are told by the normalised name", () => {
    for (const name of [
      "X_Sallyport_Subject",
      "x.sallyport.subject",
      "X-Forwarded-Proto",
      "Authorization",
      "AUTHORIZATION",
    ]) {
      assert.equal(isManagedHeader(name), true, name);
    }
    for (const name of ["x-sallyport", "xforwarded-for", "cookie", "x-request-id", "traceparent"]) {
      assert.equal(isManagedHeader(name), false, name);
    }
  });

  it("let Authorization through where a route says so, and never an alias of it", () => {
    const raw = [
      "Authorization",
      "Bearer t",
      "Grpc-Metadata-Authorization",
      "x",
      "authorization_",
      "y",
      "Proxy-Authorization",
      "z",
    ];
    assert.deepEqual(toUpstreamHeaders(raw, { forwardAuthorization: true, ours: [] }), [
      "Authorization",
      "Bearer t",
      "authorization_",
      "y",
    ]);
  });
});

describe("hop-by-hop headers", () => {
  const raw = [
    "Host,h,Accept,a,accept,b,Connection,x-one,Connection,X-Two , close,X-One,1,x-two,2,X-Three,3,Keep-Alive,x,TE,gzip; trailers",
    "Trailer,t,Transfer-Encoding,chunked,Content-Length,5,Upgrade,h2c,HTTP2-Settings,AAM,Expect,100-continue,:path,/,Cookie,a=1,cookie,b=2",
  ]
    .join(",")
    .split(/,(?! close)/);

  it("stay behind, those that Connection names too; others keep their order, cookies become one", () => {
    assert.deepEqual(toUpstreamHeaders(raw, { forwardAuthorization: false, ours: [] }), [
      "Accept",
      "a",
      "accept",
      "b",
      "X-Three",
      "3",
      "cookie",
      "a=1; b=2",
    ]);
  });

  it("stay behind under any name that a CGI program takes for one, as framing and the proxy of httpoxy do", () => {
    const names = ["Transfer-Encoding", "Content-Length", "Proxy-Connection", "Keep-Alive", "HTTP2-Settings"];
    const aliases = names.flatMap((name) => ["_", ".", "!", "~"].map((mark) => name.replaceAll("-", mark)));
    const raw = [...aliases, "Proxy", "PROXY", "Grpc-Metadata-Proxy"].flatMap((name) => [name, "x"]);
    const stripped: string[] = [];
    assert.deepEqual(
      toUpstreamHeaders([...raw, "Proxy-Status", "p"], { forwardAuthorization: true, ours: [], stripped }),
      ["Proxy-Status", "p"],
    );
    assert.deepEqual(
      stripped,
      raw.filter((_, index) => index % 2 === 0),
    );
    const answer = aliases.flatMap((name) => [name, "x"]);
    assert.deepEqual(toCallerHeaders([...answer, "Proxy-Status", "p"]), ["proxy-status", "p"]);
  });

  it("TE: trailers is said anew", () => {
    for (const te of ["trailers", "deflate, trailers", "Trailers"]) {
      assert.deepEqual(toUpstreamHeaders(["te", te], { forwardAuthorization: false, ours: [] }), ["te", "trailers"]);
    }
  });

  it("of an answer stay behind, and so does what an upstream says in our name", () => {
    const fields = toCallerHeaders([
      ...["Connection", "x-hop, close", "Connection", "X-Second", "X-Hop", "1", "x-second", "2"],
      ...["Keep-Alive", "timeout=5", "transfer-encoding", "chunked", "trailer", "t", "authorization", "Bearer forged"],
      ...["x-sallyport-subject", "forged", "x_sallyport_subject", "forged", "sallyport-reason", "superseded"],
      ...["Content-Length", "3", "set-cookie", "a=1", "Set-Cookie", "b=2", "www-authenticate", "Basic"],
    ]);
    const cookies = ["set-cookie", "a=1", "set-cookie", "b=2"];
    assert.deepEqual(fields, [...cookies, "www-authenticate", "Basic", "content-length", "3"]);
  });
});

it("an upstream sets no cookie by the name of ours, in any form, and every other one", () => {
  const others = ["theirs=1; Path=/", "dh=x", "dh-auth2=x", "a=dh-auth=x", "DH-AUTH=x", ""];
  const ours = ["dh-auth=evil; Path=/", " dh-auth =evil", "dh-auth", "dh-auth=;Max-Age=0"];
  for (const cookie of ours) {
    const rest = others.flatMap((other) => ["set-cookie", other]);
    assert.deepEqual(toCallerHeaders(["Set-Cookie", cookie, ...rest], "dh-auth"), rest);
    assert.deepEqual(toCallerHeaders(["set-cookie", cookie, "x-empty", ""], "dh-auth"), ["x-empty", ""]);
  }
  const [cookie = ""] = ours;
  assert.deepEqual(toCallerHeaders(["set-cookie", cookie]), ["set-cookie", cookie], "where no cookie is ours");
});
