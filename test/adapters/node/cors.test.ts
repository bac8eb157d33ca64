import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";
import { cors as connectCors } from "@connectrpc/connect";
import { corsAllowedHeaders, corsExposedHeaders, expressCors, nodeCors } from "../../../src/adapters/node/cors.js";
import { nodeAuth } from "../../../src/adapters/node/node.js";
import { AuthError } from "../../../src/base/errors.js";
import { createScriptedAuth } from "../../../src/testing/adapter/scripted-auth.js";
import type { AdapterServer } from "../../../src/testing/adapter/suite.js";
import { listen } from "../servers.js";

let server: AdapterServer;
const auth = createScriptedAuth();
const app = "https://app.example";

describe("adapters/node/cors", () => {
  before(async () => {
    const guarded = nodeAuth(auth, (_request, response) => response.end("ok"));
    server = await listen(createServer(nodeCors(guarded, { origins: [app], allowedHeaders: ["X-Mine"] })));
  });
  after(() => server.close());

  function preflight(origin: string): Promise<Response> {
    return fetch(server.origin, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "authorization" },
    });
  }

  it("a preflight of a listed origin passes without credentials and names Authorization", async () => {
    const { status, headers } = await preflight(app);
    assert.equal(status, 204);
    assert.equal(headers.get("access-control-allow-origin"), app);
    assert.match(headers.get("access-control-allow-headers") ?? "", /^Authorization, .*X-Mine$/);
    assert.equal(headers.get("access-control-allow-credentials"), null);
    assert.equal(headers.get("vary"), "Origin");
  });

  it("any other origin gets no permission", async () => {
    for (const origin of ["https://evil.example", "https://app.example.evil.example", "null", `${app}:8443`]) {
      const { headers } = await preflight(origin);
      assert.equal(headers.get("access-control-allow-origin"), null);
      assert.equal(headers.get("access-control-allow-headers"), null);
    }
  });

  it("OPTIONS that is no preflight is guarded like any request", async () => {
    assert.equal((await fetch(server.origin, { method: "OPTIONS", headers: { origin: app } })).status, 401);
  });

  it("a denial and an answer can be read by the page, and vary by both", async () => {
    for (const authorization of ["Bearer superseded", "Bearer ada.due"]) {
      const { headers } = await fetch(server.origin, { headers: { origin: app, authorization } });
      assert.equal(headers.get("access-control-allow-origin"), app);
      assert.match(
        headers.get("access-control-expose-headers") ?? "",
        /Authorization, WWW-Authenticate, Sallyport-Reason/,
      );
      assert.equal(headers.get("vary"), "Origin, Authorization");
    }
  });

  it("names all that Connect names", () => {
    const lower = (names: readonly string[]) => names.map((name) => name.toLowerCase());
    const missing = (theirs: readonly string[], ours: readonly string[]) =>
      lower(theirs).filter((name) => !lower(ours).includes(name));
    assert.deepEqual(missing(connectCors.allowedHeaders, corsAllowedHeaders), []);
    assert.deepEqual(missing(connectCors.exposedHeaders, corsExposedHeaders), []);
  });

  it("refuses an origin that no browser sends", () => {
    for (const origin of ["*", "null", "app.example", "https://app.example/", "https://app.example/x"]) {
      assert.throws(
        () => expressCors({ origins: [origin] }),
        (error) => error instanceof AuthError && error.code === "invalid_options" && error.message.includes(origin),
      );
    }
  });
});
