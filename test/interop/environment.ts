import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** What `scripts/interop.mjs` has provided. */
export interface Environment {
  /** An interpreter with all Python packages. */
  readonly python: string;
  /** Class path of the Java driver. */
  readonly java: string;
  readonly javaHome: string;
  /** The Go driver of Arrow Flight. */
  readonly go: string;
  /** The Go driver of other RPCs, by connect-go and grpc-go. */
  readonly goCallers: string;
  /** The example in Go that calls sallyport.v1, and the one that is an upstream of gRPC. */
  readonly goClient: string;
  readonly goGreeter: string;
  /** The official client of gRPC-Web, a module for pages. */
  readonly grpcWeb: string;
  /** Where the class of the real server's Basic handler is. */
  readonly deephaven: string;
  /** A folder with the Connect conformance runner, `connectconformance`, and its `grpcserver`; its `suites`; its messages, `image.binpb`. */
  readonly conformance: string;
  /** A folder with Deephaven's JavaScript client, and its driver, `jsapi.mjs`. */
  readonly jsapi: string;
  /** The program `h2spec`. */
  readonly h2spec: string;
}

const path = ".cache/interop/environment.json";

export function readEnvironment(): Environment {
  if (existsSync(path)) return JSON.parse(readFileSync(path, "utf8")) as Environment;
  throw new Error("The clients are not there yet. Run: npm run test:interop");
}

/** One thing that a client saw. */
export interface Observation {
  readonly name: string;
  readonly saw: string;
}

/** Runs a driver, which prints one line of JSON for each thing that it saw. What else it prints is shown when it fails. */
export function runDriver(command: string, args: readonly string[], cwd?: string): Promise<readonly Observation[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], timeout: 180_000, cwd });
    let out = "";
    let rest = "";
    child.stdout.on("data", (chunk) => {
      out += String(chunk);
    });
    child.stderr.on("data", (chunk) => {
      rest += String(chunk);
    });
    child.on("error", reject);
    child.on("close", (code) => {
      const lines = out.split("\n").filter((line) => line.startsWith("{"));
      if (code === 0) resolve(lines.map((line) => JSON.parse(line) as Observation));
      else reject(new Error(`${command} ${args.join(" ")} ended with ${code}\n${out}\n${rest}`));
    });
  });
}
