import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { startGateway } from "../running.js";

describe("an upstream behind a Unix socket", { skip: process.platform === "win32" && "Windows has pipes" }, () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), "sallyport-unix-"));
  });
  after(() => rmSync(directory, { recursive: true }));

  async function gatewayTo(t: TestContext, name: string, server?: Server, scheme = "unix") {
    const path = join(directory, name);
    if (server !== undefined) {
      await once(server.listen(path), "listening");
      t.after(() => server.close());
    }
    const gateway = await startGateway({ upstream: { origin: `${scheme}:${path}` } });
    t.after(() => gateway.close());
    const ask = async (body: string) => {
      const headers = { authorization: gateway.bearer };
      const answer = await fetch(`${gateway.http1}/x`, { method: "POST", headers, body });
      return [answer.status, await answer.text()] as const;
    };
    return { gateway, ask, path };
  }

  it("gets the requests by HTTP/1.1, with the Host of the caller, over connections that are used again", async (t) => {
    let connections = 0;
    const server = createServer((request, response) => {
      response.write(`${request.httpVersion} ${request.headers.host} `);
      request.pipe(response);
    }).on("connection", () => {
      connections += 1;
    });
    const { gateway, ask } = await gatewayTo(t, "one.sock", server);
    const { host } = new URL(gateway.http1);
    const body = "x".repeat(200_000);
    for (let i = 0; i < 3; i += 1) assert.deepEqual(await ask(body), [200, `1.1 ${host} ${body}`]);
    assert.equal(connections, 1);
    server.closeAllConnections();
  });

  it("of unix+h2c: gets them by HTTP/2", async (t) => {
    const server = createHttp2Server((request, response) => {
      response.write(`${request.httpVersion} `);
      request.pipe(response);
    });
    const { ask } = await gatewayTo(t, "two.sock", server, "unix+h2c");
    assert.deepEqual(await ask("hello"), [200, "2.0 hello"]);
  });

  it("that nothing has made is 503, with its path in the log, and one of the other protocol says what to write", async (t) => {
    const { gateway, ask, path } = await gatewayTo(t, "none.sock");
    assert.equal((await ask("x"))[0], 503);
    const strange = await gatewayTo(t, "strange.sock", createServer(), "unix+h2c");
    assert.equal((await strange.ask("x"))[0], 502);
    const failures = [...gateway.outcomes, ...strange.gateway.outcomes].map((outcome) =>
      outcome.kind === "failed" ? [outcome.code, outcome.detail] : [],
    );
    assert.deepEqual(failures, [
      ["ENOENT", `unix:${path} is not there: nothing has made this socket`],
      [
        "not_http2",
        `unix:${strange.path} does not speak HTTP/2; if it speaks HTTP/1.1, write its URL as unix:${strange.path}`,
      ],
    ]);
  });
});
