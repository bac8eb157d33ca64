import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { AuthenticationFailedError, toLogInError } from "../../../src/client/bearer/authentication-failed-error.js";

const service = { typeName: "sallyport.v1.AuthService", remedy: "authRoutes(auth)" };

const failed = (message: string, code: Code, reason?: string): ConnectError =>
  new ConnectError(message, code, reason === undefined ? undefined : { "sallyport-reason": reason });

test("only a refused log-in is an AuthenticationFailedError, and Connect takes it for its own", () => {
  for (const error of [
    failed("wrong", Code.Unauthenticated, "invalid_credentials"),
    failed("wrong", Code.Unauthenticated), // a page whose server does not expose the header
    failed("not this account", Code.PermissionDenied, "operate_as_refused"),
  ]) {
    const refused = toLogInError(error, service);
    assert.ok(refused instanceof AuthenticationFailedError);
    assert.ok(refused instanceof ConnectError);
    assert.equal(refused.rawMessage, error.rawMessage);
    assert.equal(ConnectError.from(refused), refused);
  }
  for (const error of [
    ...[Code.Unavailable, Code.DeadlineExceeded, Code.PermissionDenied, Code.ResourceExhausted].map((code) =>
      failed("other", code),
    ),
    failed("HTTP 401", Code.Unauthenticated), // another server, such as a proxy in front
    failed("proof", Code.Unauthenticated, "invalid_dpop_proof"),
    failed("proof", Code.Unauthenticated, "use_dpop_nonce"),
    failed("not yours", Code.PermissionDenied, "not_permitted"),
  ]) {
    assert.equal(toLogInError(error, service), error);
    assert.ok(!(error instanceof AuthenticationFailedError));
  }
});

test("a server without the service is told as that, whatever it answers", () => {
  for (const error of [
    failed("HTTP 404", Code.Unimplemented),
    failed("no such procedure", Code.Unimplemented, "no_procedure"),
    failed("Authentication is required.", Code.Unauthenticated, "no_credentials"), // a guard in front of the log-in
    failed("unsupported content type text/html", Code.Unknown), // the page of a single-page application
  ]) {
    const told = toLogInError(error, service);
    assert.equal(told.code, Code.Unimplemented);
    assert.equal(told.rawMessage, "this server does not serve sallyport.v1.AuthService: add authRoutes(auth)");
    assert.equal(told.cause, error);
    assert.ok(!(told instanceof AuthenticationFailedError));
  }
});
