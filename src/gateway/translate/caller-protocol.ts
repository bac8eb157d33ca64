/** In which protocol a caller speaks to an upstream of gRPC. */
export type CallerProtocol = "grpc-web" | "grpc-web-text" | "connect-unary" | "connect-stream";

/** The codec of the messages. */
export type Codec = "proto" | "json";

/** What a content type says of a call. */
export interface CallType {
  readonly protocol: CallerProtocol;
  readonly codec: Codec;
  /** In lower case, without parameters: the answer repeats it. */
  readonly contentType: string;
}

const types: ReadonlyMap<string, readonly [CallerProtocol, Codec]> = new Map([
  ["application/grpc-web", ["grpc-web", "proto"]],
  ["application/grpc-web+proto", ["grpc-web", "proto"]],
  ["application/grpc-web+json", ["grpc-web", "json"]],
  ["application/grpc-web-text", ["grpc-web-text", "proto"]],
  ["application/grpc-web-text+proto", ["grpc-web-text", "proto"]],
  ["application/connect+proto", ["connect-stream", "proto"]],
  ["application/connect+json", ["connect-stream", "json"]],
  ["application/proto", ["connect-unary", "proto"]],
  ["application/json", ["connect-unary", "json"]],
]);

/** Reads the content type of a call; `undefined` for another one. */
export function readCallType(value: string): CallType | undefined {
  const contentType = (value.split(";", 1)[0] ?? "").trim().toLowerCase();
  const [protocol, codec] = types.get(contentType) ?? [];
  return protocol && codec && { protocol, codec, contentType };
}
