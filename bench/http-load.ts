import { once } from "node:events";
import { createConnection, type Socket } from "node:net";

/** Connections that are kept for the whole run. */
const connections = 16;

const expectedBody = JSON.stringify({ hello: "world" });

/** Sends requests over kept connections, each as soon as the answer to the one before is there. */
export interface Load {
  /**
   * @param authorizations the calls go round them, where the last block left off; none: calls without credentials.
   * @throws when an answer is not 200, has another body than expected, or carries a token that nobody expects.
   */
  run(authorizations: readonly string[], calls: number): Promise<void>;
  close(): void;
}

/** Bare sockets: a client that costs as much as the server would take the server's core away. */
export async function openLoad(port: number): Promise<Load> {
  const sockets = Array.from({ length: connections }, () =>
    createConnection({ port, host: "127.0.0.1", noDelay: true }),
  );
  await Promise.all(sockets.map((socket) => once(socket, "connect")));
  let turn = 0;
  return {
    run(authorizations, calls) {
      const requests = authorizations.length === 0 ? [toRequest(undefined)] : authorizations.map(toRequest);
      let sent = 0;
      const next = (): Buffer | undefined => {
        if (sent >= calls) return undefined;
        sent += 1;
        return requests[turn++ % requests.length];
      };
      return Promise.all(sockets.map((socket) => keepAsking(socket, next))).then(() => {});
    },
    close() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** One connection's part of a block. */
function keepAsking(socket: Socket, next: () => Buffer | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    const settle = (error?: Error): void => {
      socket.off("data", read).off("close", lost);
      if (error === undefined) resolve();
      else reject(error);
    };
    const lost = (): void => settle(new Error("the server closed a kept connection"));
    const ask = (): void => {
      const request = next();
      if (request === undefined) settle();
      else socket.write(request);
    };
    const read = (chunk: Buffer): void => {
      text += chunk.toString("latin1");
      if (!isComplete(text)) return;
      const wrong = findFault(text);
      text = "";
      if (wrong === undefined) ask();
      else settle(new Error(wrong));
    };
    socket.on("data", read).on("close", lost);
    ask();
  });
}

function isComplete(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
  if (length === undefined) throw new Error("an answer has no Content-Length");
  return text.length >= end + 4 + Number(length);
}

/** What is wrong with an answer, if anything is. */
function findFault(text: string): string | undefined {
  const status = text.slice(0, text.indexOf("\r\n"));
  if (!status.startsWith("HTTP/1.1 200 ")) return `an answer was ${status}`;
  return text.endsWith(`\r\n\r\n${expectedBody}`) ? undefined : "an answer has another body than expected";
}

/** The bytes of a request, as a small client would send them. */
function toRequest(authorization: string | undefined): Buffer {
  const lines = ["GET /me HTTP/1.1", "Host: localhost", "Accept: application/json", "User-Agent: bench"];
  if (authorization !== undefined) lines.push(`Authorization: ${authorization}`);
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`);
}
