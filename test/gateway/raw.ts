import { exchange } from "../../src/testing/adapter/client.js";
import type { Running } from "./running.js";

export interface RawAnswer {
  /** 0 when the connection was closed without an answer. */
  readonly status: number;
  readonly text: string;
}

/** Writes a request byte by byte as given, with `Host` and `Connection: close` unless they are among the lines. */
export async function ask(
  gateway: Running,
  target: string,
  lines: readonly string[] = [],
  body = "",
): Promise<RawAnswer> {
  const all = [...lines];
  if (!all.some((line) => /^host:/i.test(line))) all.unshift("Host: a.example");
  if (!all.some((line) => /^connection:/i.test(line))) all.push("Connection: close");
  const [method, path] = target.includes(" ") ? target.split(/ (.*)/s) : ["GET", target];
  return send(gateway, `${method} ${path} HTTP/1.1\r\n${all.join("\r\n")}\r\n\r\n${body}`);
}

/** Writes bytes (as latin1) and reads until the connection closes. */
export async function send(gateway: Running, bytes: string): Promise<RawAnswer> {
  const text = await exchange(gateway.http1, Buffer.from(bytes, "latin1")).catch((error: Error) => String(error));
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text };
}
