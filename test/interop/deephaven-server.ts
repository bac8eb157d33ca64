import { spawn } from "node:child_process";
import { type AddressInfo, createServer } from "node:net";
import { createInterface } from "node:readline";
import { readEnvironment } from "./environment.js";
import { anonymousClass, key, pskClass, type Subject } from "./people.js";

/** The shortest that the server takes, so that ten keep-alives are over in a minute. */
const durationMs = 10_000;

/**
 * The real Deephaven server, as it is released.
 *
 * @param given the port, and the shared key. Default: a free one, and the key of the suite
 */
export async function startDeephaven(given: { readonly port?: number; readonly psk?: string } = {}): Promise<Subject> {
  const { python, deephaven, javaHome } = readEnvironment();
  const properties = {
    "authentication.psk": given.psk ?? key,
    AuthHandlers: [anonymousClass, pskClass, "house.HouseBasicHandler"].join(","),
    "http.session.durationMs": String(durationMs),
  };
  const port = given.port ?? (await freePort());
  const options = JSON.stringify({ port, classes: deephaven, properties });
  const child = spawn(python, ["test/interop/python/server.py", options], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, JAVA_HOME: javaHome },
  });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said = (said + String(chunk)).slice(-4_000);
  });
  await new Promise<void>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`the Deephaven server ended with ${code}\n${said}`)));
    createInterface(child.stdout).on("line", (line) => {
      if (line.startsWith('{"ready"')) resolve();
    });
  });
  return {
    port,
    rotateSeconds: 2.5,
    staySeconds: 75,
    close: () =>
      new Promise((resolve) => {
        child.removeAllListeners("exit").on("exit", () => resolve());
        child.kill("SIGKILL");
      }),
  };
}

/** It takes no 0. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
