import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { type Running, start } from "./server.js";

let server: Running;

describe("services/buf-curl", () => {
  before(async () => {
    server = await start(2);
  });
  after(() => server.close());

  function bufCurl(protocol: string, method: string, data: object, ...more: string[]): Promise<string> {
    const url = `${server.origin}/sallyport.v1.AuthService/${method}`;
    const options = [
      "--schema",
      "proto",
      "--protocol",
      protocol,
      "--http2-prior-knowledge",
      "-d",
      JSON.stringify(data),
    ];
    return new Promise((resolve) => {
      execFile("node_modules/.bin/buf", ["curl", "--verbose", ...options, ...more, url], (_error, stdout, stderr) => {
        resolve(stdout + stderr);
      });
    });
  }

  for (const protocol of ["connect", "grpc", "grpcweb"]) {
    test(`buf curl over ${protocol} logs in, by password in the header and by RPC, and is known by its token`, async () => {
      const basic = await bufCurl(protocol, "WhoAmI", {}, "-H", `Authorization: Basic ${btoa("ada:pass:word")}`);
      assert.match(basic, /"subject":\s*"ada"/);
      assert.match(basic, /authorization: Bearer sps_/i);

      const proof = { password: { user: "bob", password: "hunter2" } };
      const token = /"token":\s*"(sps_[\w-]{80})"/.exec(await bufCurl(protocol, "LogIn", proof))?.[1];
      assert.ok(token);
      const known = await bufCurl(protocol, "WhoAmI", {}, "-H", `Authorization: Bearer ${token}`);
      assert.match(known, /"subject":\s*"bob"/);

      const wrong = await bufCurl(protocol, "WhoAmI", {}, "-H", `Authorization: Basic ${btoa("ada:wrong")}`);
      assert.match(wrong, /"code":\s*"unauthenticated"/);
      assert.match(wrong, /The credentials were not accepted/);
    });
  }
});
