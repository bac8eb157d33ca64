import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { AuthenticationFailedError, toLogInError } from "../../../src/client/bearer/authentication-failed-error.js";

test("only a refused log-in is an AuthenticationFailedError, and Connect takes it for its own", () => {
  const refused = toLogInError(new ConnectError("wrong", Code.Unauthenticated));
  assert.ok(refused instanceof AuthenticationFailedError);
  assert.ok(refused instanceof ConnectError);
  assert.equal(ConnectError.from(refused), refused);
  for (const code of [Code.Unavailable, Code.DeadlineExceeded, Code.PermissionDenied, Code.ResourceExhausted]) {
    const error = new ConnectError("other", code);
    assert.equal(toLogInError(error), error);
    assert.ok(!(error instanceof AuthenticationFailedError));
  }
});
