import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createHttp1Wire, createHttp2Wire } from "../../../src/testing/adapter/client.js";
import { route } from "../fixtures.js";
import { type Running, startGateway } from "../running.js";
import { endHeaders, endStream, field, frame, ok, readFrames, settings, types } from "./http2/frames.js";
import { startTcp } from "./http2/upstreams.js";

const anonymous = [route({ path: "/" }, { anonymous: true })];
const maxConcurrentStreams = 3;

/** A gateway in front of an upstream that answers each request of HTTP/2 with these bytes. */
async function inFrontOfHttp2(t: TestContext, answer: (id: number) => Uint8Array, streams = 100): Promise<Running> {
  const upstream = await startTcp(t, (socket) => {
    socket.write(settings([maxConcurrentStreams, streams]));
    readFrames(socket, ({ type, id }) => {
      if (type === types.headers) socket.write(answer(id));
    });
  });
  const origin = `h2c://${upstream.address}`;
  const gateway = await startGateway({ routes: anonymous, upstream: { origin, maxConnections: 1 } });
  t.after(() => gateway.close());
  return gateway;
}

async function statusOf(gateway: Running, protocol: "HTTP/1" | "HTTP/2", method = "GET"): Promise<number> {
  const wire = protocol === "HTTP/1" ? createHttp1Wire(gateway.http1) : createHttp2Wire(gateway.http2);
  try {
    return (await wire.call({ method, path: "/" })).status;
  } finally {
    wire.close();
  }
}

for (const protocol of ["HTTP/1", "HTTP/2"] as const) {
  for (const status of ["000", "099", "600", "999"]) {
    for (const body of ["no body", "a body"]) {
      test(`an upstream's status ${status} with ${body} is 502 over ${protocol}, and harms no process`, async (t) => {
        const head = field(":status", status);
        const gateway = await inFrontOfHttp2(t, (id) =>
          body === "no body"
            ? frame(types.headers, endHeaders | endStream, id, head)
            : Buffer.concat([
                frame(types.headers, endHeaders, id, head),
                frame(types.data, endStream, id, Buffer.from("x")),
              ]),
        );
        assert.equal(await statusOf(gateway, protocol), 502);
        assert.deepEqual(gateway.faults, []);
      });
    }
  }

  test(`a status above 599 of an upstream of HTTP/1.1 is 502 over ${protocol}`, async (t) => {
    const upstream = await startTcp(t, (socket) => {
      socket.on("data", () => socket.write("HTTP/1.1 600 x\r\ncontent-length: 1\r\n\r\nx"));
    });
    const gateway = await startGateway({ routes: anonymous, upstream: { origin: `http://${upstream.address}` } });
    t.after(() => gateway.close());
    assert.equal(await statusOf(gateway, protocol), 502);
  });
}

for (const [method, status] of [
  ["HEAD", 200],
  ["GET", 204],
  ["GET", 205],
  ["GET", 304],
] as const) {
  test(`an upstream that never ends its ${status} to ${method} does not keep the place`, async (t) => {
    const head = field(":status", String(status));
    const gateway = await inFrontOfHttp2(t, (id) => frame(types.headers, endHeaders, id, head), 1);
    for (const _ of [1, 2, 3]) assert.equal(await statusOf(gateway, "HTTP/1", method), status);
  });
}

test("an upstream that allowed no stream before it ended is asked again", async (t) => {
  let connections = 0;
  const upstream = await startTcp(t, (socket) => {
    connections += 1;
    const isFirst = connections === 1;
    socket.write(settings([maxConcurrentStreams, isFirst ? 0 : 100]));
    readFrames(socket, ({ type, id, flags }) => {
      // The gateway has read the limit once it has acknowledged it.
      if (isFirst && type === types.settings && flags === 1) socket.destroy();
      if (type === types.headers && !isFirst) socket.write(frame(types.headers, endHeaders | endStream, id, ok));
    });
  });
  const origin = `h2c://${upstream.address}`;
  const gateway = await startGateway({ routes: anonymous, upstream: { origin, maxConnections: 1 } });
  t.after(() => gateway.close());
  await statusOf(gateway, "HTTP/1");
  assert.equal(await statusOf(gateway, "HTTP/1"), 200);
});
