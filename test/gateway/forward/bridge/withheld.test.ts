import assert from "node:assert/strict";
import { test } from "node:test";
import { asksCallsInFrames, holdsTokens, withToken } from "../../../../src/gateway/forward/bridge/withheld.js";

const sentOf = (...fields: string[]): readonly string[] => withToken(fields, "t").slice(0, -2);

test("the upstream gets one token, and no other carrier of one in any spelling", () => {
  assert.deepEqual(withToken([], "t"), ["authorization", "Bearer t"]);
  for (const name of [
    "Authorization",
    "grpc-metadata-authorization",
    "auth-token-bin",
    "Auth_Token_Bin",
    "grpcgateway-auth-token-bin",
    "x-deephaven-auth-cookie-request",
    "X.Deephaven.Auth.Cookie.Request",
  ])
    assert.deepEqual(sentOf("x-a", "a", name, "v", "x-b", "b"), ["x-a", "a", "x-b", "b"], name);
});

for (const [cookies, expected] of [
  ["deephaven-auth-cookie=u", undefined],
  [" deephaven-auth-cookie = u ;a=b", "a=b"],
  ["a=b; deephaven-auth-cookie=u; c=d", "a=b; c=d"],
  ["deephaven-auth-cookie=u; deephaven-auth-cookie=v", undefined],
  ["a=deephaven-auth-cookie", "a=deephaven-auth-cookie"],
] as const) {
  test(`of the cookies ${cookies} the upstream gets ${expected ?? "none"}`, () => {
    assert.deepEqual(sentOf("Cookie", cookies), expected === undefined ? [] : ["Cookie", expected]);
  });
}

test("messages at the paths of log-ins hold tokens, in any case and with any query", () => {
  for (const path of [
    "/sallyport.v1.AuthService/LogIn",
    "/io.deephaven.proto.backplane.grpc.SessionService/newsession?x",
    "/io.deephaven.flightjs.protocol.BrowserFlightService/NextHandshake",
  ])
    assert.ok(holdsTokens(path), path);
  for (const path of ["/", "/x?/sallyport.v1.AuthService/LogIn", "/arrow.flight.protocol.FlightService/DoGet"])
    assert.ok(!holdsTokens(path), path);
});

test("a WebSocket of gRPC is known by what it offers", () => {
  for (const offered of ["grpc-websockets", "a,\tGRPC-websockets-multiplex"])
    assert.ok(asksCallsInFrames(["Sec-WebSocket-Protocol", offered]), offered);
  assert.ok(asksCallsInFrames(["sec-websocket-protocol", "a", "sec-websocket-protocol", "grpc-websockets"]));
  for (const offered of ["a", "not-grpc-websockets"])
    assert.ok(!asksCallsInFrames(["sec-websocket-protocol", offered]), offered);
  assert.ok(!asksCallsInFrames(["x", "grpc-websockets"]));
});
