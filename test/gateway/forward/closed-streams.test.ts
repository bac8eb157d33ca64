import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2, constants } from "node:http2";
import { PassThrough } from "node:stream";
import { it } from "node:test";
import type { CallerExchange } from "../../../src/gateway/forward/caller-exchange.js";
import type { Exchange } from "../../../src/gateway/forward/exchange.js";
import type { StreamRequest } from "../../../src/gateway/listen/stream-request.js";
import { startGateway } from "../running.js";

// A stream with a body that is not read on is closed by a reset, and is destroyed only when the rest is read. Node throws
// for everything that is written to it meanwhile.
const says: Record<string, (exchange: Exchange) => void> = {
  "a hint": (exchange) => exchange.hint(["link", "</a>"]),
  "a head": (exchange) => void exchange.head(200, [], false),
  "an answer without a body": (exchange) => void exchange.head(204, [], true),
  "the 101 of a WebSocket": (exchange) => exchange.tunnel([], new PassThrough()),
  "a failure": (exchange) => exchange.fail({ reason: "upstream_failed", code: "x" }),
  "the question for the body": (exchange) => exchange.readBody(),
};
for (const [name, say] of Object.entries(says)) {
  it(`an upstream that comes with ${name} when the caller has just reset its stream ends nothing`, async (t) => {
    const gateway = await startGateway();
    t.after(() => gateway.close());
    const shares = gateway.upstreams.get("app")?.shares;
    assert.ok(shares);
    const arrived = new Promise<Exchange>((resolve) => Object.assign(shares, { send: resolve }));
    const session = connectHttp2(gateway.http2).on("error", () => {});
    t.after(() => session.destroy());
    const headers = { ":path": "/open", ":method": "POST", expect: "100-continue" };
    const stream = session.request(headers).on("error", () => {});
    stream.write("body");
    const exchange = (await arrived) as CallerExchange<{ readonly incoming: { readonly request: StreamRequest } }>;
    const { stream: served } = exchange.context.incoming.request;
    served.on("readable", () => {});
    if (served.readableLength === 0) await once(served, "readable");
    stream.close(constants.NGHTTP2_CANCEL);
    while (!served.closed) await new Promise((resolve) => setImmediate(resolve));
    say(exchange);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(gateway.faults, []);
  });
}
