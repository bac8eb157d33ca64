import assert from "node:assert/strict";
import { test } from "node:test";
import type { DescriptorCode } from "../../../src/base/out-of-descriptors.js";
import { lackOfDescriptors, limitOfDescriptors, watchDescriptors } from "../../../src/gateway/observe/descriptors.js";
import { createWorld } from "../../world.js";

function start() {
  const { platform, advance } = createWorld();
  const lines: string[] = [];
  const log = {
    error: (_fields: object, text: string) => void lines.push(`error ${text}`),
    warn: (_fields: object, text: string) => void lines.push(`warn ${text}`),
    info: (_fields: object, text: string) => void lines.push(`info ${text}`),
  } as Parameters<typeof watchDescriptors>[0];
  const state = { lack: undefined as DescriptorCode | undefined, looks: 0, limit: undefined as number | undefined };
  const lack = () => {
    state.looks += 1;
    return state.lack;
  };
  const watch = watchDescriptors(log, platform, lack, () => state.limit);
  return { watch, state, advance, lines };
}

test("the lack of descriptors is told within a second, again once a minute, and when it is over", () => {
  const { watch, state, advance, lines } = start();
  watch.start(10_256);
  advance(1_000);
  assert.deepEqual(lines, []);
  state.lack = "EMFILE";
  advance(60_000);
  assert.equal(lines.length, 1);
  assert.match(
    lines[0] ?? "",
    /^error this process has no file descriptor left \(EMFILE\): raise its limit of open files/,
  );
  advance(1_000);
  assert.equal(lines.length, 2);
  state.lack = undefined;
  advance(2_000);
  assert.deepEqual(lines.slice(2), ["info there are free file descriptors again"]);
  watch.stop();
  const { looks } = state;
  advance(5_000);
  assert.equal(state.looks, looks);
});

test("what a call met is told at once, once, and other faults are not", () => {
  const { watch, lines } = start();
  watch.note("ECONNREFUSED");
  watch.note(undefined);
  assert.deepEqual(lines, []);
  for (let call = 0; call < 100; call++) watch.note("ENFILE");
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /^error this machine has no file descriptor left \(ENFILE\): raise fs\.file-max/);
});

test("limits that allow more connections than the process may have files are told at the start, with what to do", () => {
  const { watch, state, lines } = start();
  for (const [limit, told] of [
    [10_320, 0],
    [10_319, 1],
  ] as const) {
    state.limit = limit;
    watch.start(10_256);
    assert.equal(lines.length, told);
  }
  assert.match(
    lines[0] ?? "",
    /^warn the limits allow 10256 connections, .* may open 10319 files: one client can use them/,
  );
  assert.match(lines[0] ?? "", /nofile of a container\) to 10320, or lower limits\.maxConnections$/);
});

test("this process may open some files, as Linux says", { skip: process.platform !== "linux" && "no /proc" }, () => {
  assert.ok((limitOfDescriptors() ?? 0) > 20);
  assert.equal(lackOfDescriptors(), undefined);
});
