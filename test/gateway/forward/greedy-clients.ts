import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";

/** The gateway that is attacked. */
export interface Target {
  readonly port: number;
  /** The attacker's own address. */
  readonly from: string;
  /** Fields of each request, as lines of HTTP/1: what a proxy says of its client. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Connections at a time, each with one request; of HTTP/2 one for each 100 streams. */
  readonly connections: number;
}

export interface Attack {
  /** Whether it can hold all places that one client may have; otherwise it holds one. */
  readonly isWide: boolean;
  end(): void;
}

/** Clients that take all that they can get: `/open/big` is an answer that they do not read, `/open/up` takes a body. */
export const greedyClients: Readonly<Record<string, (target: Target) => Attack>> = {
  "300 requests on one connection": (target) => {
    const socket = open(target, toRequest(target, "GET /open/big").repeat(300));
    return { isWide: false, end: () => socket.destroy() };
  },
  "connections that do not read": (target) => openMany(target, toRequest(target, "GET /open/big")),
  "streams of HTTP/2 without a window": ({ port, from, fields, connections }) => {
    const perSession = Math.min(100, Math.ceil(connections / 2));
    const sessions: ClientHttp2Session[] = Array.from({ length: Math.ceil(connections / perSession) }, () => {
      const socket = connect({ port, host: "127.0.0.1", localAddress: from }).on("error", () => {});
      const session = connectHttp2(`http://127.0.0.1:${port}`, {
        createConnection: () => socket,
        settings: { initialWindowSize: 0 },
      });
      session.on("error", () => {});
      for (let count = 0; count < perSession; count += 1)
        session.request({ ":path": "/open/big", ...fields }).on("error", () => {});
      return session;
    });
    return { isWide: true, end: () => sessions.forEach((session) => void session.destroy()) };
  },
  "uploads that do not end": (target) =>
    openMany(
      target,
      `${toRequest({ ...target, fields: { ...target.fields, "Content-Length": "1000000" } }, "POST /open/up")}x`,
    ),
};

function toRequest({ fields = {} }: Pick<Target, "fields">, line: string): string {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${line} HTTP/1.1\r\nHost: a\r\n${lines.join("")}\r\n`;
}

function open({ port, from }: Target, bytes: string): Socket {
  const socket = connect({ port, host: "127.0.0.1", localAddress: from }).on("error", () => {});
  socket.write(bytes);
  return socket.pause();
}

function openMany(target: Target, bytes: string): Attack {
  const sockets = Array.from({ length: target.connections }, () => open(target, bytes));
  return { isWide: true, end: () => sockets.forEach((socket) => void socket.destroy()) };
}
