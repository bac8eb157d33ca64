import { Readable } from "node:stream";
import { systemPlatform } from "../../src/base/platform.js";
import type { CliIo } from "../../src/cli/io.js";
import { run } from "../../src/cli/program.js";

export interface CliRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command in this process. `input` comes by a pipe. */
export async function runCli(args: readonly string[], input = "", io: Partial<CliIo> = {}): Promise<CliRun> {
  let out = "";
  let err = "";
  const code = await run(args, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    stdin: Readable.from([input]),
    environment: {},
    platform: systemPlatform,
    onStopAsked: (callback) => callback("SIGTERM"),
    onReloadAsked: () => {},
    ...io,
  });
  return { code, out, err };
}
