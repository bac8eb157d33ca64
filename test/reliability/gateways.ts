import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, get } from "node:http";
import { createInterface } from "node:readline";

/** A line of a gateway's log. */
export interface LogLine {
  readonly time: string;
  readonly level: string;
  readonly kind?: string;
  readonly id?: string;
  readonly [field: string]: unknown;
}

/** One of the gateways that share a store: `sallyport serve`, again and again. */
export interface GatewayProcess {
  readonly name: string;
  /** Of the process that runs now; `undefined` while none does. */
  readonly port: number | undefined;
  readonly starts: number;
  /** Resolves when it listens. */
  start(): Promise<void>;
  /** `kill -9`. Resolves when it is gone. */
  kill(): Promise<void>;
  /** For how long it stood still, in milliseconds, between two instants: what a bound cannot count. */
  stoodStillMs(from: number, to: number): number;
}

export interface GatewayProcessOptions {
  readonly name: string;
  readonly config: string;
  readonly onLine: (gateway: string, line: LogLine) => void;
}

const probeEveryMs = 100;

/** A probe that takes no longer than this was not held up. */
const promptMs = 50;

export function createGatewayProcess({ name, config, onLine }: GatewayProcessOptions): GatewayProcess {
  let child: ChildProcess | undefined;
  let port: number | undefined;
  let starts = 0;
  const stops: { readonly from: number; readonly to: number }[] = [];

  /** Asks one request after the other, which is refused without a look at the store, and notes each that took long. */
  function watch(of: ChildProcess, at: number): void {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const probe = (): void => {
      if (child !== of) return void agent.destroy();
      const from = Date.now();
      const done = (): void => {
        const to = Date.now();
        if (to - from > promptMs) stops.push({ from, to });
        setTimeout(probe, probeEveryMs);
      };
      get({ host: "127.0.0.1", port: at, path: "/probe", agent }, (response) => response.resume().on("end", done)).on(
        "error",
        done,
      );
    };
    probe();
  }

  return {
    name,
    get port() {
      return port;
    },
    get starts() {
      return starts;
    },
    async start() {
      const started = spawn(process.execPath, ["dist/src/cli/main.js", "serve", "--config", config], {
        stdio: ["ignore", "pipe", "pipe"],
      });
      child = started;
      starts += 1;
      createInterface({ input: started.stdout }).on("line", (text) => onLine(name, JSON.parse(text) as LogLine));
      let said = "";
      await new Promise<void>((resolve, reject) => {
        started.stderr.on("data", (chunk) => {
          said += String(chunk);
          const [, at] = /listening on \S+:(\d+)/.exec(said) ?? [];
          if (at === undefined || port !== undefined || child !== started) return;
          port = Number(at);
          watch(started, port);
          resolve();
        });
        started.on("exit", (code, signal) => {
          if (signal === "SIGKILL") resolve();
          else reject(new Error(`the gateway ${name} ended by itself with ${code ?? signal}: ${said}`));
        });
      });
    },
    async kill() {
      const killed = child;
      child = undefined;
      port = undefined;
      if (killed === undefined || killed.exitCode !== null || killed.signalCode !== null) return;
      killed.kill("SIGKILL");
      await once(killed, "exit");
    },
    stoodStillMs: (from, to) =>
      stops.reduce((sum, stop) => sum + Math.max(0, Math.min(to, stop.to) - Math.max(from, stop.from)), 0),
  };
}
