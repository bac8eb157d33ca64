import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isPlan, planCall } from "../../../src/gateway/translate/call-plan.js";
import { requestOf } from "../forward/recording-exchange.js";

const rpc = { idempotent: ["/a.B/Get"], maxMessageBytes: 100 };

/** What becomes of a request: the protocol, `gRPC`, or why it is refused. */
function outcome(method: string, contentType: string | undefined, path = "/a.B/C"): string {
  const headers = contentType === undefined ? [] : ["Content-Type", contentType];
  const planned = planCall(requestOf({ method, path, headers, framing: { kind: "chunked" } }), rpc);
  if (planned === undefined) return "gRPC";
  return isPlan(planned) ? `${planned.protocol} ${planned.contentType}` : planned.reason;
}

const rows: readonly (readonly [method: string, type: string | undefined, outcome: string])[] = [
  ["POST", "application/grpc", "gRPC"],
  ["POST", "application/grpc+proto", "gRPC"],
  ["POST", "application/grpc+json", "gRPC"],
  ["POST", "application/grpc-web", "grpc-web application/grpc-web"],
  ["POST", "Application/gRPC-Web+Proto; charset=utf-8", "grpc-web application/grpc-web+proto"],
  ["POST", "application/grpc-web-text", "grpc-web-text application/grpc-web-text"],
  ["POST", "application/grpc-web-text+proto", "grpc-web-text application/grpc-web-text+proto"],
  ["POST", "application/connect+proto", "connect-stream application/connect+proto"],
  ["POST", "application/proto", "connect-unary application/proto"],
  ["POST", "application/json", "unsupported_media_type"],
  ["POST", "application/connect+json", "unsupported_media_type"],
  ["POST", "application/grpc-web+json", "unsupported_media_type"],
  ["POST", "application/grpc-web+thrift", "unsupported_media_type"],
  ["POST", "text/plain", "unsupported_media_type"],
  ["POST", "", "unsupported_media_type"],
  ["POST", undefined, "unsupported_media_type"],
  ["PUT", "application/proto", "method_not_allowed"],
  ["DELETE", "application/grpc", "method_not_allowed"],
  ["HEAD", undefined, "method_not_allowed"],
  ["OPTIONS", undefined, "method_not_allowed"],
  ["post", "application/proto", "method_not_allowed"],
];

describe("what reaches an upstream of gRPC", () => {
  for (const [method, type, expected] of rows)
    test(`${method} of ${type}: ${expected}`, () => assert.equal(outcome(method, type), expected));

  test("a request with two content types is refused: the upstream could take the other one", () => {
    const headers = ["content-type", "application/proto", "content-type", "application/grpc"];
    const planned = planCall(requestOf({ method: "POST", headers }), rpc);
    assert.ok(planned !== undefined && !isPlan(planned) && planned.reason === "unsupported_media_type");
  });

  test("no WebSocket", () => {
    const planned = planCall(requestOf({ isWebSocket: true, path: "/a.B/Get" }), rpc);
    assert.ok(planned !== undefined && !isPlan(planned) && planned.reason === "method_not_allowed");
  });

  test("GET for the methods that the route names, exactly, and for no other", () => {
    const query = "?connect=v1&encoding=proto&message=";
    assert.equal(outcome("GET", undefined, `/a.B/Get${query}`), "connect-unary application/proto");
    for (const path of ["/a.B/C", "/a.B/get", "/a.B/Get/", "/x/a.B/Get", "/a.B/Get%20"])
      assert.equal(outcome("GET", undefined, path + query), "method_not_allowed", path);
    assert.equal(outcome("GET", undefined, "/a.B/Get"), "unsupported_media_type");
    assert.equal(outcome("GET", undefined, "/a.B/Get?encoding=proto"), "bad_request");
    assert.equal(outcome("HEAD", undefined, `/a.B/Get${query}`), "method_not_allowed");
  });

  test("nothing of a query reaches the upstream, of whatever method", () => {
    for (const [method, headers] of [
      ["GET", []],
      ["POST", ["content-type", "application/proto"]],
      ["POST", ["content-type", "application/grpc-web"]],
    ] as const) {
      const path = "/a.B/Get?encoding=proto&message=a&access_token=secret";
      const planned = planCall(requestOf({ method, path, headers }), rpc);
      assert.ok(planned !== undefined && isPlan(planned));
      const { request } = planned;
      assert.deepEqual([request.method, request.path], ["POST", "/a.B/Get"]);
      assert.ok(!JSON.stringify(request).includes("secret"));
    }
  });

  test("JSON where the route knows the methods, uncompressed; and then no other method", () => {
    const codec = { toMessage: () => undefined, toJson: () => undefined };
    const known = { ...rpc, methods: new Map([["/a.B/Get", codec]]) };
    const ask = (path: string, type: string, ...headers: string[]) => {
      const request = requestOf({ method: "POST", path, headers: ["content-type", type, ...headers] });
      const planned = planCall(request, known);
      if (planned === undefined) return "gRPC";
      return isPlan(planned) ? `${planned.codec} ${planned.json === codec} ${planned.accepted}` : planned.reason;
    };
    for (const type of ["application/json", "application/connect+json", "application/grpc-web+json"]) {
      assert.equal(ask("/a.B/Get", `${type}; charset=utf-8`, "accept-encoding", "gzip"), "json true ");
      assert.equal(ask("/a.B/C", type), "no_method");
    }
    for (const name of ["content-encoding", "grpc-encoding", "connect-content-encoding"])
      assert.ok(
        ["application/json", "application/connect+json", "application/grpc-web+json"].some(
          (type) => ask("/a.B/Get", type, name, "gzip") === "unsupported_media_type",
        ),
        name,
      );
    assert.equal(ask("/a.B/Get", "application/proto", "accept-encoding", "gzip"), "proto false gzip");
    assert.equal(ask("/a.B/C", "application/proto"), "no_method");
    assert.equal(ask("/a.B/C", "application/grpc"), "gRPC");
  });

  test("a refusal says what to do", () => {
    const refused = planCall(requestOf({ method: "POST", headers: ["content-type", "application/json"] }), rpc);
    assert.ok(refused !== undefined && !isPlan(refused));
    assert.match(refused.message, /application\/proto.*binary format/);
    const other = planCall(requestOf({ method: "PUT" }), rpc);
    assert.ok(other !== undefined && !isPlan(other));
    assert.deepEqual(other.headers, [["allow", "POST"]]);
  });

  test("without settings nothing may be called by GET, and a message may have 4 MiB", () => {
    const headers = ["content-type", "application/proto"];
    const planned = planCall(requestOf({ method: "POST", headers }));
    assert.ok(planned !== undefined && isPlan(planned) && planned.maxMessageBytes === 4_194_304);
    const get = planCall(requestOf({ method: "GET", path: "/a.B/Get?encoding=proto&message=" }));
    assert.ok(get !== undefined && !isPlan(get));
  });
});
