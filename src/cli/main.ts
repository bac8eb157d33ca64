#!/usr/bin/env node
import { systemPlatform } from "../base/platform.js";

/**
 * Loads the command line, and prints what to install when one of its packages is missing. They are optional peers,
 * which users of the library may not need.
 */
async function loadProgram(): Promise<typeof import("./program.js")> {
  try {
    return await import("./program.js");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    process.stderr.write(
      "The gateway needs packages that are not installed. Run:\n" +
        "  npm install @bufbuild/protobuf @connectrpc/connect@2 @connectrpc/connect-node@2 @photostructure/sqlite@1\n",
    );
    process.exit(1);
  }
}

const { run } = await loadProgram();
process.exitCode = await run(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  stdin: process.stdin,
  environment: process.env,
  platform: systemPlatform,
  stopAsked: () =>
    new Promise((resolve) => {
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
    }),
  onReloadAsked: (callback) => void process.on("SIGHUP", callback),
});
