// What the conformance service's messages are, as far as the server uses them. Their descriptors come from the runner's own
// module, so that none of it is copied here.
import { readFileSync } from "node:fs";
import { createFileRegistry, type FileRegistry, fromBinary, type Message } from "@bufbuild/protobuf";
import type { GenMessage, GenService } from "@bufbuild/protobuf/codegenv2";
import { type Any, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

const scope = "connectrpc.conformance.v1.";

export type ServerCompatRequest = Message & {
  /** 1: Connect, 2: gRPC, 3: gRPC-Web. */
  readonly protocol: number;
  /** 1 or 2. */
  readonly httpVersion: number;
  readonly useTls: boolean;
  /** PEM; empty where clients have no certificates. */
  readonly clientTlsCert: Uint8Array;
  /** Bytes; 0: none. */
  readonly messageReceiveLimit: number;
  readonly serverCreds?: Message & { readonly cert: Uint8Array; readonly key: Uint8Array };
};
export type ServerCompatResponse = Message & { host: string; port: number; pemCert: Uint8Array };

export type Header = Message & { name: string; value: string[] };
export type RpcError = Message & { code: number; message?: string; details: Any[] };
export type RequestInfo = Message & { requestHeaders: Header[]; timeoutMs?: bigint; requests: Any[] };
export type Payload = Message & { data: Uint8Array; requestInfo?: RequestInfo };
type Answer = Message & { payload?: Payload };

/** What a call with one answer is to be answered with. */
export type UnaryDefinition = Message & {
  responseHeaders: Header[];
  response:
    | { case: "responseData"; value: Uint8Array }
    | { case: "error"; value: RpcError }
    | { case: undefined; value?: undefined };
  responseTrailers: Header[];
  responseDelayMs: number;
};
/** The same for a call with many. */
export type StreamDefinition = Message & {
  responseHeaders: Header[];
  responseData: Uint8Array[];
  responseDelayMs: number;
  error?: RpcError;
  responseTrailers: Header[];
};
export type UnaryRequest = Message & { responseDefinition?: UnaryDefinition };
export type StreamRequest = Message & { responseDefinition?: StreamDefinition };
export type BidiRequest = StreamRequest & { fullDuplex: boolean };

interface Method<K extends string, I extends Message> {
  methodKind: K;
  input: GenMessage<I>;
  output: GenMessage<Answer>;
}
export type ConformanceService = GenService<{
  unary: Method<"unary", UnaryRequest>;
  idempotentUnary: Method<"unary", UnaryRequest>;
  clientStream: Method<"client_streaming", UnaryRequest>;
  serverStream: Method<"server_streaming", StreamRequest>;
  bidiStream: Method<"bidi_streaming", BidiRequest>;
  unimplemented: Method<"unary", Message>;
}>;

export interface Schema {
  readonly registry: FileRegistry;
  readonly service: ConformanceService;
  readonly compatRequest: GenMessage<ServerCompatRequest>;
  readonly compatResponse: GenMessage<ServerCompatResponse>;
  readonly header: GenMessage<Header>;
  readonly payload: GenMessage<Payload>;
  readonly requestInfo: GenMessage<RequestInfo>;
}

/** @param image a `FileDescriptorSet`, as `buf build` writes it */
export function readSchema(image: string): Schema {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(image)));
  function messageOf<T extends Message>(name: string): GenMessage<T> {
    const found = registry.getMessage(scope + name);
    if (found === undefined) throw new Error(`${image} has no message ${name}`);
    return found as GenMessage<T>;
  }
  const service = registry.getService(`${scope}ConformanceService`);
  if (service === undefined) throw new Error(`${image} has no service`);
  return {
    registry,
    service: service as unknown as ConformanceService,
    compatRequest: messageOf("ServerCompatRequest"),
    compatResponse: messageOf("ServerCompatResponse"),
    header: messageOf("Header"),
    payload: messageOf("ConformancePayload"),
    requestInfo: messageOf("ConformancePayload.RequestInfo"),
  };
}
