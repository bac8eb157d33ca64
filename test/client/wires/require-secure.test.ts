import assert from "node:assert/strict";
import { test } from "node:test";
import { Code } from "@connectrpc/connect";
import { AuthClient } from "../../../src/client/auth-client.js";

const elsewhere = [
  "http://api.example",
  "HTTP://10.0.0.7:8080/x",
  "http://127.0.0.1.example",
  "http://[fd00::1]",
  "http://localhost.example",
  "http://128.0.0.1",
];
const here = [
  "http://localhost:8080",
  "http://app.localhost",
  "http://127.0.0.1:1",
  "http://127.9.9.9",
  "http://[::1]:8080",
  "http://LOCALHOST",
  "http://0x7f000001",
];

test("http: to another machine is refused, unless it is said to be meant", () => {
  for (const protocol of ["sallyport.v1", "deephaven-enterprise"] as const) {
    for (const baseUrl of elsewhere) {
      assert.throws(() => new AuthClient({ baseUrl, protocol }), {
        code: Code.InvalidArgument,
        rawMessage: /use https:, or say insecure: true$/,
      });
      assert.ok(new AuthClient({ baseUrl, protocol, insecure: true }));
    }
    for (const baseUrl of [...here, "https://api.example"]) assert.ok(new AuthClient({ baseUrl, protocol }), baseUrl);
  }
});
