import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { StringValueSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  Http2SessionManager,
} from "@connectrpc/connect-node";
import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import { TalkService } from "../../../services/talk-service.js";
import { createAgent, type Target } from "./raw-callers.js";
import type { RpcClient } from "./ways.js";

export type Method = "say" | "count" | "gather" | "chat";

export interface RpcCall {
  readonly method: Method;
  readonly messages: AsyncIterable<string>;
  readonly fields: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly onMessage?: (text: string) => void;
}

export interface RpcOutcome {
  readonly messages: string[];
  /** `OK`, or the name of the error's code. */
  code: string;
  error?: string;
  /** Of the answer's header, of its trailer, and of the metadata of an error. */
  came?: string | undefined;
  end?: string | undefined;
  why?: string | undefined;
}

export interface RpcCaller {
  call(call: RpcCall): Promise<RpcOutcome>;
  close(): void;
}

export function rpcCaller(client: RpcClient, target: Target): RpcCaller {
  const { origin: baseUrl, ca } = target;
  const tls = { ca, servername: "localhost" };
  const agent = createAgent(target);
  // Node's client would keep a long head for itself.
  const sessionManager = new Http2SessionManager(baseUrl, {}, { ...tls, maxSendHeaderBlockLength: 4 << 20 });
  const http1 = { baseUrl, httpVersion: "1.1", nodeOptions: { ...tls, agent } } as const;
  const http2 = { baseUrl, httpVersion: "2", sessionManager } as const;
  const close = (): void => {
    agent.destroy();
    sessionManager.abort();
  };
  const create: Record<RpcClient, () => RpcCaller> = {
    "connect 1": () => connectEs(createConnectTransport(http1), close),
    "connect 2": () => connectEs(createConnectTransport(http2), close),
    "grpc-web 1": () => connectEs(createGrpcWebTransport(http1), close),
    "grpc-web 2": () => connectEs(createGrpcWebTransport(http2), close),
    "grpc 2": () => connectEs(createGrpcTransport({ baseUrl, sessionManager }), close),
    "grpc-js 2": () => grpcJs(target),
  };
  return create[client]();
}

function connectEs(transport: Transport, close: () => void): RpcCaller {
  return {
    async call({ method, messages, fields, timeoutMs, signal, onMessage }) {
      const outcome: RpcOutcome = { messages: [], code: "OK" };
      const take = (value: string): void => {
        outcome.messages.push(value);
        onMessage?.(value);
      };
      async function* input() {
        for await (const value of messages) yield create(StringValueSchema, { value });
      }
      try {
        const desc = TalkService.method[method];
        let answer: { readonly header: Headers; readonly trailer: Headers };
        if (desc.methodKind === "unary") {
          const { value: first } = await messages[Symbol.asyncIterator]().next();
          const unary = await transport.unary(desc, signal, timeoutMs, fields, { value: first });
          take(unary.message.value);
          answer = unary;
        } else {
          const stream = await transport.stream(desc, signal, timeoutMs, fields, input());
          for await (const { value } of stream.message) take(value);
          answer = stream;
        }
        outcome.came = answer.header.get("x-came") ?? undefined;
        outcome.end = answer.trailer.get("x-end") ?? undefined;
      } catch (reason) {
        const error = ConnectError.from(reason);
        outcome.code = Code[error.code] as string;
        outcome.error = error.rawMessage;
        outcome.why = error.metadata.get("x-why") ?? undefined;
      }
      return outcome;
    },
    close,
  };
}

const serialize = (value: string): Buffer =>
  Buffer.from(toBinary(StringValueSchema, create(StringValueSchema, { value })));
const deserialize = (bytes: Buffer): string => fromBinary(StringValueSchema, bytes).value;

function grpcJs({ origin, ca }: Target): RpcCaller {
  const { host, protocol } = new URL(origin);
  const client = new Client(host, protocol === "https:" ? credentials.createSsl(ca) : credentials.createInsecure(), {
    "grpc.ssl_target_name_override": "localhost",
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
  });
  return {
    async call({ method, messages, fields, timeoutMs, signal, onMessage }) {
      const outcome: RpcOutcome = { messages: [], code: "OK" };
      const metadata = new Metadata();
      for (const [name, value] of Object.entries(fields)) metadata.set(name, value);
      const deadline = timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
      const { methodKind, parent, name } = TalkService.method[method];
      const input = messages[Symbol.asyncIterator]();
      // One interface for the four kinds of calls: all of them stream on the wire.
      const call = client.makeBidiStreamRequest(
        `/${parent.typeName}/${name}`,
        serialize,
        deserialize,
        metadata,
        deadline,
      );
      signal?.addEventListener("abort", () => call.cancel());
      const over = new Promise<void>((resolve) => {
        call.on("metadata", (header) => {
          outcome.came = header.get("x-came")[0]?.toString();
        });
        call.on("data", (value: string) => {
          outcome.messages.push(value);
          onMessage?.(value);
        });
        call.on("error", ({ code, details, metadata: trailer }: ServiceError) => {
          outcome.code = Code[code] as string;
          outcome.error = details;
          outcome.why = trailer.get("x-why")[0]?.toString();
        });
        call.on("status", ({ metadata: trailer }) => {
          outcome.end = trailer.get("x-end")[0]?.toString();
          resolve();
        });
      });
      const isSingle = methodKind === "unary" || methodKind === "server_streaming";
      void (async () => {
        for (
          let next = await input.next();
          !next.done;
          next = isSingle ? { done: true, value: "" } : await input.next()
        )
          call.write(next.value);
        call.end();
      })();
      await over;
      return outcome;
    },
    close: () => client.close(),
  };
}
