import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { route } from "../fixtures.js";
import { frame, headerBlock, preface, settings } from "../listen/listeners-world.js";
import { startGateway } from "../running.js";

const open = frame(1, 0x04, 1, headerBlock("POST"));
const data = frame(0, 0, 1, Buffer.alloc(1_000, "x"));
const last = frame(0, 0x01, 1, Buffer.alloc(1_000, "x"));
const reset = (code: number) => frame(3, 0, 1, Buffer.of(0, 0, 0, code));

test("through the gateway an upload that ends by a reset, an end of the connection or nothing is never whole", async (t) => {
  const ends: string[] = [];
  let onEnd = (): void => {};
  let onBegin = (): void => {};
  const gateway = await startGateway({
    routes: [route({ path: "/" }, { anonymous: true })],
    serve: (request) => {
      request.once("data", () => onBegin()).resume();
      request
        .on("error", () => {})
        .on("close", () => {
          ends.push(request.complete ? "whole" : "cut");
          onEnd();
        });
      request.on("end", () => request.destroy());
    },
  });
  t.after(() => gateway.close());
  const cases: readonly (readonly [name: string, last: Uint8Array | "end" | "destroy", end: string])[] = [
    ["a reset", reset(8), "cut"],
    ["a reset without an error", reset(0), "cut"],
    ["data and a reset at once", Buffer.concat([data, reset(8)]), "cut"],
    ["data and a reset without an error at once", Buffer.concat([data, data, reset(0)]), "cut"],
    ["the end of the connection", "end", "cut"],
    ["a broken connection", "destroy", "cut"],
    ["its last frame", last, "whole"],
  ];
  for (const [name, step, end] of cases) {
    ends.length = 0;
    const began = new Promise<void>((resolve) => {
      onBegin = resolve;
    });
    const ended = new Promise<void>((resolve) => {
      onEnd = resolve;
    });
    const socket = connect(Number(new URL(gateway.http2).port), "127.0.0.1");
    socket.on("error", () => {}).resume();
    socket.write(Buffer.concat([Buffer.from(preface), settings, open, data]));
    await began;
    if (step === "end") socket.end();
    else if (step === "destroy") socket.destroy();
    else socket.write(step);
    await ended;
    assert.deepEqual(ends, [end], name);
    socket.destroy();
  }
});
