// The examples that call sallyport.v1 from Python and Go without a client of ours: by a server that says what the rules are
// about, and by a gateway whose tokens turn each second.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { describe, it, type TestContext } from "node:test";
import { promisify } from "node:util";
import { listen } from "../adapters/servers.js";
import { makeToken } from "../client/make-token.js";
import { adaPassword } from "../gateway/gateway-files.js";
import { runGateway } from "../gateway/running-gateway.js";
import { readEnvironment } from "./environment.js";

const { python, goClient } = readEnvironment();

const clients: Readonly<Record<string, readonly string[]>> = {
  Python: [python, "examples/python/client.py"],
  Go: [goClient],
};

async function run([command = "", ...first]: readonly string[], args: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)(command, [...first, ...args], { timeout: 60_000 });
  return stdout.trim().split("\n");
}

interface Scripted {
  readonly status?: number;
  readonly reason?: string;
  /** The generation of the token that the answer carries. */
  readonly offers?: number;
}

/** Answers calls in order, and writes down what each presented: the session and the generation of its token. */
async function scriptedServer(t: TestContext, script: readonly Scripted[]) {
  const left = [...script];
  const seen: string[] = [];
  let session = 0;
  const server = createServer((request, response) => {
    request.resume();
    const bytes = Buffer.from((request.headers.authorization ?? "").replace("Bearer sps_", ""), "base64url");
    const sent = bytes.length === 60 ? `${bytes[3]}.${bytes.readUInt32BE(19)}` : "-";
    const name = (request.url ?? "").split("/").at(-1) ?? "";
    seen.push(`${name} ${sent}`);
    response.setHeader("content-type", "application/json");
    if (name === "LogIn") {
      session += 1;
      response.end(JSON.stringify({ token: makeToken(session, 1) }));
      return;
    }
    const { status = 200, reason, offers } = (name === "LogOut" ? undefined : left.shift()) ?? {};
    if (reason !== undefined) response.setHeader("sallyport-reason", reason);
    if (status === 503) response.setHeader("retry-after", "0");
    if (offers !== undefined) response.setHeader("authorization", `Bearer ${makeToken(session, offers)}`);
    response.statusCode = status;
    response.end("{}");
  });
  const { origin, close } = await listen(server);
  t.after(close);
  return { origin, seen };
}

for (const [language, client] of Object.entries(clients)) {
  describe(`the example in ${language}`, () => {
    it("obeys the rules for clients", async (t) => {
      const { origin, seen } = await scriptedServer(t, [
        { offers: 3 },
        { offers: 2 }, // an older answer, which came late
        { status: 404, offers: 4 },
        { status: 401, reason: "superseded", offers: 5 },
        {},
        { status: 401, reason: "superseded" }, // and nothing newer
        { status: 503, reason: "unavailable" },
        {},
        { status: 401, reason: "invalid_credentials" },
        { status: 401, reason: "revoked" },
        { offers: 2 },
        { status: 401, reason: "expired" },
        {},
        { status: 503 }, // the upstream's own
      ]);
      const printed = await run(client, [origin, "ada", "x", "/call", "10", "0"]);
      assert.deepEqual(seen, [
        ...["LogIn -", "call 1.1", "call 1.3", "call 1.3", "call 1.4", "call 1.5", "call 1.5", "call 1.5", "call 1.5"],
        ...["call 1.5", "call 1.5", "LogIn -", "call 2.1", "call 2.2", "LogIn -", "call 3.1", "call 3.1", "LogOut 3.1"],
      ]);
      const statuses = printed.map((line) => Number(line.split(" ", 1)[0]));
      assert.deepEqual(statuses, [200, 200, 404, 200, 401, 200, 401, 200, 200, 503]);
    });

    it("stays logged in while tokens turn, and logs out", async (t) => {
      const gateway = await runGateway(t, undefined, (text) =>
        text.replace("rotateAfter: 2s, overlap: 1s", "rotateAfter: 1s, overlap: 100ms"),
      );
      const printed = await run(client, [gateway.origin, "ada", adaPassword, "/x", "16", "0.25"]);
      assert.deepEqual(
        printed.map((line) => line.split(" ", 1)[0]),
        Array(16).fill("200"),
      );
      assert.ok(Number(printed.at(-1)?.split(" ").at(-1)) >= 3, printed.at(-1));
      const kinds = gateway.logged.map(({ kind, reason }) => `${kind} ${reason ?? ""}`);
      assert.equal(kinds.filter((kind) => kind === "session-opened ").length, 1);
      assert.equal(kinds.filter((kind) => kind === "session-ended logout").length, 1);
    });

    it("says why a log-in was refused", async (t) => {
      const gateway = await runGateway(t);
      const refused = run(client, [gateway.origin, "ada", "wrong", "/x", "1", "0"]);
      await assert.rejects(refused, /the log-in was refused.*The credentials were not accepted/s);
    });
  });
}
