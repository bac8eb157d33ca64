import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import type { TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { listen } from "../../adapters/servers.js";

/** A proxy, and its recipe. */
export interface ProxyRecipe {
  readonly command: string;
  /** In `examples/forward-auth`. */
  readonly file: string;
  /** A file that it loads. */
  readonly beside?: string;
  toArguments(folder: string, file: string): readonly string[];
  /** The status of requests by their names, where the proxy loses the gateway's, or answers itself. */
  readonly statuses?: Readonly<Record<string, number>>;
  /** A refused client gets the status and the challenge alone. */
  readonly losesDenials?: boolean;
}

/** The fields that tell an application who calls. */
export const managed: readonly string[] = ["subject", "roles", "actor", "scheme", "session", "identity"].map(
  (name) => `x-sallyport-${name}`,
);

export interface AppSaw {
  readonly method: string;
  readonly url: string;
  readonly body: string;
  readonly caller: Readonly<Record<string, string>>;
  readonly raw: string;
}

/** Remembers what it gets. */
export async function startApp(t: TestContext): Promise<{ readonly saw: AppSaw[]; readonly port: number }> {
  const saw: AppSaw[] = [];
  const see = ({ method = "", url = "", headers, rawHeaders }: IncomingMessage, body: string): void => {
    const caller: Record<string, string> = {};
    for (const name of managed)
      if (typeof headers[name] === "string" && headers[name] !== "") caller[name] = headers[name];
    saw.push({ method, url, body, caller, raw: JSON.stringify(rawHeaders) });
  };
  const app = createHttpServer((request, response) => {
    let body = "";
    request.setEncoding("latin1").on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => {
      see(request, body);
      // An application cannot set the token of a session.
      response.setHeader("Authorization", "Bearer forged").end("app");
    });
  });
  app.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
    see(request, "");
    const accept = createHash("sha1")
      .update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest("base64");
    const lines = ["Upgrade: websocket", "Connection: Upgrade", `Sec-WebSocket-Accept: ${accept}`];
    socket.end(["HTTP/1.1 101 Switching Protocols", ...lines, "", ""].join("\r\n"));
  });
  const server = await listen(app);
  t.after(() => server.close());
  return { saw, port: Number(new URL(server.origin).port) };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export async function startProxy(
  t: TestContext,
  { command, file, beside, toArguments }: ProxyRecipe,
  ports: { gateway: number; app: number },
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-proxy-"));
  const port = await freePort();
  const portOf: Readonly<Record<string, number>> = { 8080: ports.gateway, 9000: ports.app, 8000: port };
  // As the recipes write them: 127.0.0.1:8080, http://:8080, port_value: 8080.
  const withPorts = (text: string) =>
    text.replace(/(?<=127\.0\.0\.1:|:\/\/:|port_value: )(8080|9000|8000)/g, (known) => String(portOf[known]));
  for (const name of beside === undefined ? [file] : [file, beside])
    writeFileSync(join(folder, name), withPorts(readFileSync(join("examples/forward-auth", name), "utf8")));
  const child: ChildProcess = spawn(command, toArguments(folder, join(folder, file)), {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
  });
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    said += chunk;
  });
  t.after(async () => {
    const gone = new Promise((resolve) => child.once("exit", resolve));
    if (child.exitCode === null && child.kill("SIGTERM")) await gone;
    rmSync(folder, { recursive: true, force: true });
  });
  for (;;) {
    assert.equal(child.exitCode, null, said);
    const isUp = await new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (isUp) return port;
    await delay(20);
  }
}

export interface Got {
  readonly status: number;
  readonly fields: ReadonlyMap<string, readonly string[]>;
  readonly body: string;
}

export async function send(port: number, lines: readonly string[], body = "", host = "app.example"): Promise<Got> {
  const socket = connect(port, "127.0.0.1");
  const connection = lines.some((line) => line.startsWith("Upgrade:")) ? "Upgrade" : "close";
  socket.write([...lines, `Host: ${host}`, `Connection: ${connection}`, "", ""].join("\r\n") + body);
  let text = "";
  for await (const chunk of socket.setEncoding("latin1")) {
    text += chunk;
    // A refused WebSocket's connection may go on.
    const [head = "", rest = ""] = text.split(/\r\n\r\n(.*)/s);
    const length = /^content-length: (\d+)/im.exec(head)?.[1];
    if (connection === "Upgrade" && rest.length >= Number(length)) break;
  }
  const [head = "", rest = ""] = text.split(/\r\n\r\n(.*)/s);
  const fields = new Map<string, string[]>();
  for (const line of head.split("\r\n").slice(1)) {
    const [name = "", value = ""] = line.split(/: ?(.*)/s);
    fields.set(name.toLowerCase(), [...(fields.get(name.toLowerCase()) ?? []), value]);
  }
  return { status: Number(head.split(" ")[1]), fields, body: rest };
}
