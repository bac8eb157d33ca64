// Another program that proxies gRPC over h2c to an upstream of its own: `grpc-peer.js <name> <directory>`.
import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { serveAsks } from "./messages.js";
import type { GrpcPeerName } from "./rows.js";

/** One process with one worker, and a line in its log for each request, as the gateway has it. */
interface Peer {
  readonly command: string;
  toConfig(port: number, upstreamPort: number): string;
  toArguments(file: string): string[];
}

const nginx: Peer = {
  command: "nginx",
  toConfig: (port, upstreamPort) => `\
daemon off;
master_process off;
worker_processes 1;
pid ./nginx.pid;
error_log stderr error;
events {}
http {
  access_log ./nginx.log;
  client_body_temp_path ./body;
  proxy_temp_path ./proxy;
  fastcgi_temp_path ./fastcgi;
  uwsgi_temp_path ./uwsgi;
  scgi_temp_path ./scgi;
  keepalive_requests 1000000000;
  upstream app { server 127.0.0.1:${upstreamPort}; keepalive 16; keepalive_requests 1000000000; }
  server { listen 127.0.0.1:${port} http2; location / { grpc_pass grpc://app; } }
}
`,
  toArguments: (file) => ["-p", join(file, ".."), "-c", file],
};

const caddy: Peer = {
  command: "caddy",
  toConfig: (port, upstreamPort) => `\
{
  admin off
  auto_https off
  servers {
    protocols h1 h2c
  }
}
http://127.0.0.1:${port} {
  bind 127.0.0.1
  log {
    output file ./caddy.log
  }
  reverse_proxy h2c://127.0.0.1:${upstreamPort}
}
`,
  toArguments: (file) => ["run", "--adapter", "caddyfile", "--config", file],
};

const [, , name, parent] = process.argv as (string | undefined)[] as [string, string, GrpcPeerName, string];
const peer = name.startsWith("nginx") ? nginx : caddy;
const upstream = fork(fileURLToPath(new URL("./grpc-upstream.js", import.meta.url)), ["plain"]);
const [upstreamPort] = (await once(upstream, "message")) as [number];
const port = await freePort();
const file = join(parent, `${name}.conf`);
writeFileSync(file, peer.toConfig(port, upstreamPort));
const child = spawn(peer.command, peer.toArguments(file), {
  cwd: parent,
  stdio: "ignore",
  env: { ...process.env, GOMAXPROCS: "1", XDG_DATA_HOME: parent, XDG_CONFIG_HOME: parent },
});
child.once("exit", (code) => {
  process.stderr.write(`${peer.command} ended with ${code}\n`);
  process.exit(1);
});
process.on("exit", () => child.kill("SIGKILL"));
await opened(port);
serveAsks(
  { port, authorizations: [] },
  { reads: 0, writes: 0, checks: 0 },
  async () => {},
  undefined,
  () => cpuUsOf(child.pid as number),
);

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port: free } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return free;
}

async function opened(at: number): Promise<void> {
  for (;;) {
    const socket = connect(at, "127.0.0.1");
    const isOpen = await new Promise((resolve) => {
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    });
    socket.destroy();
    if (isOpen) return;
    await wait(50);
  }
}

/** CPU time of all threads of a process; Linux counts it in nanoseconds. */
function cpuUsOf(pid: number): number {
  let ns = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    ns += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]);
  }
  return ns / 1_000;
}
