import type { Interceptor, Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { createConnectTransport as createFetchTransport } from "@connectrpc/connect-web";

export interface TransportCase {
  readonly name: string;
  readonly version: 1 | 2;
  /** Can send several messages. */
  readonly clientStreams: boolean;
  create(options: { baseUrl: string; interceptors?: Interceptor[] }): Transport;
}

/** Every protocol that a Connect server speaks, and the one transport that also runs in browsers. */
export const transportCases: readonly TransportCase[] = [
  {
    name: "Connect, HTTP/1",
    version: 1,
    clientStreams: true,
    create: (o) => createConnectTransport({ ...o, httpVersion: "1.1" }),
  },
  {
    name: "Connect, HTTP/2",
    version: 2,
    clientStreams: true,
    create: (o) => createConnectTransport({ ...o, httpVersion: "2" }),
  },
  { name: "Connect over fetch", version: 1, clientStreams: false, create: (o) => createFetchTransport(o) },
  { name: "gRPC", version: 2, clientStreams: true, create: (o) => createGrpcTransport(o) },
  {
    name: "gRPC-Web",
    version: 1,
    clientStreams: true,
    create: (o) => createGrpcWebTransport({ ...o, httpVersion: "1.1" }),
  },
];
