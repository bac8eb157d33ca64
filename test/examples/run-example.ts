import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";

export interface RunningExample {
  /** All that it printed until it was ready. */
  readonly printed: string;
  /** `http://127.0.0.1:PORT`, or `https://localhost:PORT`. */
  readonly origin: string;
  /** Asks it to stop; returns how it exited. */
  stop(): Promise<readonly unknown[]>;
}

/**
 * Starts an example on a free port, and waits until it says where it listens.
 *
 * @param environment what it reads beside `PORT`. Other files' tests share this process's own environment.
 * @param ready what it prints when it listens.
 */
export async function runExample(
  name: string,
  environment: Readonly<Record<string, string>> = {},
  ready = "listening on",
): Promise<RunningExample> {
  const env = { ...process.env, ...environment, PORT: "0" };
  const example: ChildProcessWithoutNullStreams = spawn(process.execPath, [`dist/examples/${name}.js`], { env });
  example.stderr.pipe(process.stderr);
  const exited = once(example, "exit");
  let printed = "";
  for await (const chunk of example.stdout) {
    printed += chunk;
    if (printed.includes(ready)) break;
  }
  const origin = /https?:\/\/(127\.0\.0\.1|localhost):\d+/.exec(printed)?.[0];
  if (origin === undefined) throw new Error(`${name} did not start: ${printed}`);
  return {
    printed,
    origin,
    stop() {
      example.kill("SIGTERM");
      return exited;
    },
  };
}
