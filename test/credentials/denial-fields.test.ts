import assert from "node:assert/strict";
import { test } from "node:test";
import { Code } from "@connectrpc/connect";
import { toDenialFields, toDenialStatus } from "../../src/credentials/denial-fields.js";
import type { Denial, DenialCode } from "../../src/model/decision.js";
import { toConnectError } from "../../src/services/to-connect-error.js";

const denial = (rest: Partial<Denial>): Denial => ({
  kind: "denied",
  code: "unauthenticated",
  reason: "no_credentials",
  message: "Authentication is required.",
  challenges: [],
  ...rest,
});

const statuses: Readonly<Record<DenialCode, readonly [http: number, grpc: Code]>> = {
  unauthenticated: [401, Code.Unauthenticated],
  unavailable: [503, Code.Unavailable],
  resource_exhausted: [431, Code.ResourceExhausted],
  permission_denied: [403, Code.PermissionDenied],
  not_found: [404, Code.NotFound],
  invalid_argument: [400, Code.InvalidArgument],
  deadline_exceeded: [504, Code.DeadlineExceeded],
  unimplemented: [501, Code.Unimplemented],
  internal: [500, Code.Internal],
  unknown: [500, Code.Unknown],
};
for (const [code, [http, grpc]] of Object.entries(statuses) as [DenialCode, readonly [number, Code]][]) {
  test(`${code} is ${http} in HTTP and ${grpc} in gRPC, whose numbers are Connect's`, () => {
    assert.deepEqual(toDenialStatus(denial({ code })), { http, grpc });
    assert.equal(toConnectError(denial({ code })).code, grpc);
  });
}

test("a reason may have an HTTP status of its own", () => {
  const http = (code: DenialCode, reason: Denial["reason"]) => toDenialStatus(denial({ code, reason })).http;
  assert.equal(http("unavailable", "upstream_failed"), 502);
  assert.equal(http("resource_exhausted", "throttled"), 429);
  assert.equal(http("unknown", "method_not_allowed"), 405);
  assert.equal(http("resource_exhausted", "message_too_large"), 413);
  assert.equal(http("unknown", "unsupported_media_type"), 415);
});

test("the fields of a denial: reason, its own headers, each challenge; and when to come back, if it is a fault of ours", () => {
  const challenges = ['Bearer realm="r"', 'Basic realm="r"'];
  assert.deepEqual(toDenialFields(denial({ challenges, headers: [["dpop-nonce", "n"]] })), [
    ["sallyport-reason", "no_credentials"],
    ["dpop-nonce", "n"],
    ["www-authenticate", 'Bearer realm="r"'],
    ["www-authenticate", 'Basic realm="r"'],
  ]);
  assert.deepEqual(toDenialFields(denial({ code: "unavailable", reason: "unavailable" })), [
    ["sallyport-reason", "unavailable"],
    ["retry-after", "1"],
  ]);
});

test("an RPC is refused with the same fields, without Basic where a script asks", () => {
  const refused = denial({ challenges: ['Bearer realm="r"', 'Basic realm="r"'], headers: [["retry-after", "60"]] });
  const { metadata } = toConnectError(refused);
  for (const [name] of toDenialFields(refused)) assert.ok(metadata.has(name), name);
  assert.equal(metadata.get("www-authenticate"), 'Bearer realm="r", Basic realm="r"');
  assert.equal(toConnectError(refused, true).metadata.get("www-authenticate"), 'Bearer realm="r"');
});
