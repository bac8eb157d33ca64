import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { TestContext } from "node:test";

/** What the service was asked. */
export interface Asked {
  readonly headers: IncomingMessage["headers"];
  readonly question: Readonly<Record<string, unknown>>;
  readonly response: ServerResponse;
}

export interface AuthorizingService {
  readonly url: string;
  readonly asked: Asked[];
  readonly connections: Set<Socket>;
  /** What it answers; a test may replace it. Default: 204. */
  answer: (asked: Asked) => void;
  /** Waits until it was asked so often. */
  until(count: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a service that decides about requests. */
export async function authorizingService(t: TestContext): Promise<AuthorizingService> {
  const asked: Asked[] = [];
  const connections = new Set<Socket>();
  let onAsked = (): void => {};
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    request.on("end", () => {
      const one = { headers: request.headers, question: JSON.parse(text), response };
      asked.push(one);
      service.answer(one);
      onAsked();
    });
  });
  server.on("connection", (socket) => {
    connections.add(socket);
    socket.on("close", () => connections.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  t.after(stop);
  const service: AuthorizingService = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/decide?key=s3cret`,
    asked,
    connections,
    answer: ({ response }) => response.writeHead(204).end(),
    async until(count) {
      while (asked.length < count) {
        await new Promise<void>((resolve) => {
          onAsked = resolve;
        });
      }
    },
    stop,
  };
  return service;
}
