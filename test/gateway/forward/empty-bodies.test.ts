import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { route } from "../fixtures.js";
import { startGateway } from "../running.js";
import { endHeaders, endStream, field, frame, readFrames, settings, types } from "./http2/frames.js";
import { startUpstream } from "./http2/upstreams.js";

for (const protocol of ["http1", "http2"] as const) {
  test(`an empty body whose end comes with the head, before the upstream is connected, ends there too: ${protocol}`, async (t) => {
    const bodies: string[] = [];
    const upstream = await startUpstream(t, (stream) => {
      let body = "";
      stream.on("data", (chunk) => {
        body += String(chunk);
      });
      stream.on("end", () => {
        bodies.push(body);
        stream.respond({ ":status": 200 }, { endStream: true });
      });
    });
    const gateway = await startGateway({
      routes: [route({}, { anonymous: true })],
      ...(protocol === "http2" && { upstream: { origin: `h2c://${upstream.address}` } }),
    });
    t.after(() => gateway.close());
    const socket = connect(Number(new URL(gateway.http2).port), "127.0.0.1");
    t.after(() => socket.destroy());
    await once(socket, "connect");
    const ended = new Promise<void>((resolve) => {
      // Unlike a client's, a server's bytes have no preface.
      let skipped = false;
      const onFrame = ({ id, flags }: { id: number; flags: number }) => id === 1 && flags & endStream && resolve();
      readFrames(socket, onFrame);
      if (!skipped) socket.emit("data", Buffer.alloc(24));
      skipped = true;
    });
    // `:method: POST`, `:scheme: http` (RFC 7541, appendix A).
    const head = Buffer.concat([Buffer.of(0x83, 0x86), field(":path", "/"), field(":authority", "app")]);
    const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    const request = [frame(types.headers, endHeaders, 1, head), frame(types.data, endStream, 1)];
    // In one write, so that one read brings all of it.
    socket.write(Buffer.concat([preface, settings(), ...request]));
    await ended;
    assert.deepEqual(protocol === "http2" ? bodies : gateway.seen.map(({ body }) => body), [""]);
  });
}
