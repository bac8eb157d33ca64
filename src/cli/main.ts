#!/usr/bin/env node
import { systemPlatform } from "../base/platform.js";
import { onNpmEnded } from "./npm-parent.js";
import { run } from "./program.js";

// What reads the output may be gone, such as `head`, or a supervisor: a gateway goes on without it.
for (const output of [process.stdout, process.stderr]) output.on("error", () => {});

process.exitCode = await run(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  stdin: process.stdin,
  environment: process.env,
  platform: systemPlatform,
  onStopAsked(callback) {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, callback);
    onNpmEnded(() => callback("SIGTERM"), { environment: process.env, platform: systemPlatform });
  },
  onReloadAsked: (callback) => void process.on("SIGHUP", callback),
});
