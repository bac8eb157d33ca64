#!/usr/bin/env node
import { systemPlatform } from "../base/platform.js";
import { onNpmEnded } from "./npm-parent.js";
import { run } from "./program.js";

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
