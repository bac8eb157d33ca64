import assert from "node:assert/strict";
import { connect } from "node:http2";
import { test } from "node:test";
import { answerOf } from "../../adapters/node/refused-calls.js";
import { route } from "../fixtures.js";
import { type Running, startGateway } from "../running.js";

const grpc = { ":method": "POST", "content-type": "application/grpc+proto", te: "trailers" };

/** Calls path by path, and returns each answer's head. */
async function headsOf(gateway: Running, paths: readonly string[], fields: object): Promise<Record<string, unknown>[]> {
  const session = connect(gateway.http2);
  const heads = [];
  for (const path of paths) {
    const stream = session.request({ ...fields, ":path": path });
    const head = new Promise<Record<string, unknown>>((resolve) => stream.on("response", resolve));
    stream.end("body");
    await answerOf(stream);
    heads.push(await head);
  }
  session.destroy();
  return heads;
}

test("a gRPC call that an HTTP/1.1 upstream does not answer with gRPC is told what is wrong, and so is the log", async (t) => {
  const gateway = await startGateway({
    routes: [route({}, { anonymous: true })],
    serve: (request, response) => {
      request.resume();
      const status = Number(request.url?.slice(1));
      response.writeHead(status, status === 415 ? {} : { "content-type": "text/plain" }).end("no");
    },
  });
  t.after(() => gateway.close());
  for (const head of await headsOf(gateway, ["/505", "/200", "/204", "/415"], grpc)) {
    assert.equal(head[":status"], 200);
    assert.equal(head["grpc-status"], "12");
    assert.equal(head["sallyport-reason"], "upstream_not_grpc");
    assert.match(String(head["grpc-message"]), /speaks HTTP\/1\.1.*URL must be h2c:\/\/\.\.\. or https:\/\/\.\.\./);
  }
  const failed = gateway.outcomes.filter((outcome) => outcome.kind === "failed");
  const where = gateway.upstreamServer.address() as { port: number };
  assert.deepEqual(
    failed.map(({ reason, code }) => [reason, code]),
    Array(4).fill(["upstream_not_grpc", "upstream_not_grpc"]),
  );
  const detail = failed[0]?.detail ?? "";
  const address = `127.0.0.1:${where.port}`;
  assert.ok(detail.startsWith(`${address} speaks HTTP/1.1, and answered a gRPC call with status 505`));
  assert.ok(detail.includes(`its URL must be h2c://${address}, or https://`));
});

test("an HTTP/1.1 upstream that answers gRPC is passed on, with its trailers; gRPC-Web and others are as they were", async (t) => {
  const gateway = await startGateway({
    routes: [route({}, { anonymous: true })],
    serve: (request, response) => {
      request.resume();
      if (request.url === "/web") {
        response.writeHead(505, { "content-type": "text/plain" }).end("no");
        return;
      }
      response.writeHead(200, { "content-type": "application/grpc+proto", trailer: "grpc-status" });
      response.write("answer");
      response.addTrailers({ "grpc-status": "5" });
      response.end();
    },
  });
  t.after(() => gateway.close());
  const session = connect(gateway.http2);
  t.after(() => session.destroy());
  const stream = session.request({ ...grpc, ":path": "/" });
  const trailers = new Promise<Record<string, unknown>>((resolve) => stream.on("trailers", resolve));
  stream.end("body");
  assert.equal((await answerOf(stream)).status, 200);
  assert.equal((await trailers)["grpc-status"], "5");
  const web = { ...grpc, "content-type": "application/grpc-web+proto" };
  assert.equal((await headsOf(gateway, ["/web"], web))[0]?.[":status"], 505);
  assert.deepEqual(
    gateway.outcomes.filter(({ kind }) => kind === "failed"),
    [],
  );
});
