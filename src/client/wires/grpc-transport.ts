import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import type { TransportOptions } from "../bearer/open-transport.js";

/** A transport and the function that closes it. */
export interface OwnTransport {
  readonly transport: Transport;
  close(): void;
}

type ConnectNode = typeof import("@connectrpc/connect-node");

interface Loaded extends OwnTransport {
  readonly transport: Transport;
}

/**
 * Makes a transport for gRPC over HTTP/2. It loads its package with the first call, since browsers do not have it and
 * few programs need it.
 */
export function createOwnGrpcTransport({ baseUrl, interceptors }: TransportOptions): OwnTransport {
  let loading: Promise<Loaded> | undefined;

  async function load(): Promise<Loaded> {
    const { createGrpcTransport, Http2SessionManager } = await importConnectNode();
    const sessionManager = new Http2SessionManager(baseUrl);
    const transport = createGrpcTransport({ baseUrl, interceptors, sessionManager });
    return { transport, close: () => sessionManager.abort() };
  }

  const open = (): Promise<Loaded> => {
    loading ??= load();
    return loading;
  };

  return {
    transport: {
      unary: async (...call) => (await open()).transport.unary(...call),
      stream: async (...call) => (await open()).transport.stream(...call),
    },
    close() {
      void loading?.then(({ close }) => close()).catch(() => {});
      loading = undefined;
    },
  };
}

async function importConnectNode(): Promise<ConnectNode> {
  // Not a literal, so that bundlers for browsers do not look for it.
  const name = "@connectrpc/connect-node";
  try {
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as ConnectNode;
  } catch (cause) {
    const message = `gRPC needs the package ${name} in Node, or a transport of your own`;
    throw new ConnectError(message, Code.Unimplemented, undefined, undefined, cause);
  }
}
