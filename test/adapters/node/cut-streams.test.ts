import assert from "node:assert/strict";
import { createServer } from "node:http2";
import { connect } from "node:net";
import { test } from "node:test";
import { limitBodyTime } from "../../../src/adapters/node/body-deadline.js";
import { endWhen } from "../../../src/adapters/node/end-with-session.js";
import { systemPlatform } from "../../../src/base/platform.js";
import {
  endHeaders,
  endStream,
  type Frame,
  field,
  frame,
  readFrames,
  settings,
  types,
} from "../../gateway/forward/http2/frames.js";
import { listen } from "../servers.js";

const cancel = Buffer.of(0, 0, 0, 8);

/** Each begins an answer, and cuts it off when it is told to. */
const cuts = {
  "the session ends": (request, response, onCut) =>
    endWhen(request, response, (end) => {
      onCut(end);
      return () => {};
    }),
  "the body is late": (request, response, onCut) =>
    limitBodyTime(request, response, {
      ...systemPlatform,
      delay: (_ms, late) => {
        onCut(late);
        return () => {};
      },
    }),
} satisfies Record<
  string,
  (
    request: import("node:http2").Http2ServerRequest,
    response: import("node:http2").Http2ServerResponse,
    onCut: (cut: () => void) => void,
  ) => void
>;

for (const [when, begin] of Object.entries(cuts)) {
  test(`an answer over HTTP/2 that is cut off when ${when} never looks complete`, async (t) => {
    let cut = (): void => undefined;
    const http2 = createServer((request, response) => {
      response.writeHead(200);
      response.write("part");
      begin(request, response, (end) => {
        cut = end;
      });
    });
    const server = await listen(http2);
    t.after(() => server.close());
    const { port, hostname } = new URL(server.origin);
    const socket = connect(Number(port), hostname);
    t.after(() => socket.destroy());
    const head = [
      [":method", "POST"],
      [":scheme", "http"],
      [":authority", "localhost"],
      [":path", "/"],
    ].map(([name = "", value = ""]) => field(name, value));
    socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    socket.write(Buffer.concat([settings(), frame(types.headers, endHeaders, 1, Buffer.concat(head))]));
    const frames: Frame[] = [];
    await new Promise<void>((resolve) => {
      readFrames(
        socket,
        (received) => {
          if (received.id !== 1) return;
          frames.push(received);
          if (received.type === types.data && received.payload.length > 0) cut();
          if (received.type === types.rst) resolve();
        },
        0,
      );
    });
    assert.deepEqual(
      frames.filter(({ type, flags }) => type !== types.rst && (flags & endStream) !== 0),
      [],
    );
    assert.deepEqual(frames.at(-1)?.payload, cancel);
  });
}
