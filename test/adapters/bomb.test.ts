import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { createHttp1Wire } from "../../src/testing/adapter/client.js";

const limitBytes = 8 * 1024 * 1024;
const inflatedBytes = 64 * 1024 * 1024;
let bomb: Buffer;
let small: Buffer;

/** A StringValue of so many bytes, as gzip. */
function gzipMessage(bytes: number): Buffer {
  const length: number[] = [];
  let rest = bytes;
  for (; rest >= 128; rest >>>= 7) length.push((rest & 127) | 128);
  return gzipSync(Buffer.concat([Buffer.of(0x0a, ...length, rest), Buffer.alloc(bytes, "a")]), { level: 9 });
}

describe("adapters/bomb", () => {
  before(() => {
    bomb = gzipMessage(inflatedBytes);
    small = gzipMessage(1000);
  });

  /** How much the server's memory grew, in bytes, while it answered. */
  async function attack(
    door: "in front" | "behind the adapter",
    bombs: number,
  ): Promise<{ grown: number; statuses: number[] }> {
    const child = fork(fileURLToPath(new URL("./bomb-server.js", import.meta.url)), [door], { stdio: "inherit" });
    const next = async <T>() => (await once(child, "message"))[0] as T;
    const { port } = await next<{ port: number }>();
    const wire = createHttp1Wire(`http://127.0.0.1:${port}`);
    const headers = ["content-type", "application/proto", "content-encoding", "gzip"];
    const send = async (body: Buffer) =>
      (await wire.call({ path: "/test.v1.EchoService/Say", method: "POST", headers, body })).status;

    // What is compiled and allocated once is not the attack.
    for (let round = 0; round < 8; round++) await Promise.all(Array.from({ length: bombs }, () => send(small)));
    child.send("begin");
    const { rss: from } = await next<{ rss: number }>();
    const statuses = await Promise.all(Array.from({ length: bombs }, () => send(bomb)));
    child.send("end");
    const { rss: peak } = await next<{ rss: number }>();
    child.kill();
    return { grown: peak - from, statuses };
  }

  it("eight gzip bombs of nobody are answered 401 and cost less than 8 MB", async (test) => {
    assert.ok(bomb.length > 60_000 && bomb.length < 70_000, `a bomb of ${bomb.length} bytes`);
    const { grown, statuses } = await attack("in front", 8);
    assert.deepEqual(statuses, Array(8).fill(401));
    test.diagnostic(`grew by ${grown} bytes`);
    assert.ok(grown < limitBytes, `grew by ${grown} bytes`);
  });

  it("behind the adapter two of the same bombs go off, so that the test above can fail", async (test) => {
    const { grown, statuses } = await attack("behind the adapter", 2);
    assert.deepEqual(statuses, Array(2).fill(401));
    test.diagnostic(`grew by ${grown} bytes`);
    assert.ok(grown > 8 * limitBytes, `grew by ${grown} bytes only`);
  });
});
