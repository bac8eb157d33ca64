import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { openGrpcLoad } from "./grpc-load.js";
import { type Load, openLoad } from "./http-load.js";
import { openHttp2Load } from "./http2-load.js";
import type { Ask, Ready, Report } from "./messages.js";
import { type ContenderName, isProxy } from "./rows.js";

/** What a block of calls took and did. */
export interface Sample {
  readonly calls: number;
  /** CPU time of the contender's process. */
  readonly cpuUs: number;
  /** By the clock on the wall. */
  readonly wallMs: number;
  readonly reads: number;
  readonly writes: number;
  readonly checks: number;
}

/** One program under measure, in a process of its own that lives as long as the run. */
export interface Contender {
  readonly name: ContenderName;
  /** `Authorization` values for calls to it, and to whatever it is compared with. */
  readonly authorizations: readonly string[];
  run(authorizations: readonly string[], calls: number): Promise<Sample>;
  stop(): void;
}

/**
 * Starts a program under measure.
 *
 * @param directory for its database.
 * @throws when the process ends before it is ready.
 */
export async function startContender(name: ContenderName, directory: string): Promise<Contender> {
  const script = fileURLToPath(new URL(scriptOf(name), import.meta.url));
  // Its log goes to a pipe, as under a collector of logs.
  const child = fork(script, [name, directory], { env: { ...process.env, NODE_ENV: "production" }, silent: true });
  child.stdout?.resume();
  child.stderr?.on("data", (chunk) => void process.stderr.write(chunk));
  const { port, authorizations } = await hear<Ready>(child, name);
  const load = port === undefined ? undefined : await openAnyLoad(name, port);

  const ask = (calls: number): Promise<Report> => {
    child.send({ calls } satisfies Ask);
    return hear<Report>(child, name);
  };

  /** A server is asked where it stands around the load; a loop does the calls itself. */
  async function measure(values: readonly string[], calls: number): Promise<Report> {
    if (load === undefined) return ask(calls);
    const { after: before } = await ask(0);
    await load.run(values, calls);
    const { after } = await ask(0);
    return { before, after };
  }

  return {
    name,
    authorizations,
    async run(values, calls) {
      const startedAt = performance.now();
      const { before, after } = await measure(values, calls);
      return {
        calls,
        wallMs: performance.now() - startedAt,
        cpuUs: after.cpuUs - before.cpuUs,
        reads: after.reads - before.reads,
        writes: after.writes - before.writes,
        checks: after.checks - before.checks,
      };
    },
    stop() {
      load?.close();
      child.disconnect();
    },
  };
}

function openAnyLoad(name: ContenderName, port: number): Promise<Load> {
  if (isGrpc(name)) return openGrpcLoad(port, name.endsWith("-stream"), name.includes("-web-"));
  return name === "flight" || name === "http2" ? openHttp2Load(port) : openLoad(port);
}

const isGrpc = (name: ContenderName): boolean => /-(?:unary|stream)$/.test(name);

function scriptOf(name: ContenderName): string {
  if (isProxy(name)) return "proxy-server.js";
  if (isGrpc(name)) return /^(?:gateway|pass)-/.test(name) ? "grpc-proxy.js" : "grpc-peer.js";
  if (name === "flight" || name === "http2") return "http2-server.js";
  if (name === "token-bound" || name === "jose-proof") return "proof-loop.js";
  return name.startsWith("express") || name.startsWith("node") ? "http-server.js" : "token-loop.js";
}

function hear<T>(child: ChildProcess, name: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`the process of ${name} ended with ${code}`));
    child.once("exit", ended);
    child.once("message", (message) => {
      child.off("exit", ended);
      resolve(message as T);
    });
  });
}
