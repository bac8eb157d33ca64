import { create, createFileRegistry } from "@bufbuild/protobuf";
import type { GenService } from "@bufbuild/protobuf/codegenv2";
import {
  FileDescriptorProtoSchema,
  file_google_protobuf_wrappers,
  MethodOptions_IdempotencyLevel,
  type StringValueSchema,
} from "@bufbuild/protobuf/wkt";

interface Method<Kind extends string> {
  methodKind: Kind;
  input: typeof StringValueSchema;
  output: typeof StringValueSchema;
}

type Echo = GenService<{
  /** Answers with the caller's subject. */
  say: Method<"unary"> & { methodKind: "unary" };
  /** Fails with `permission_denied`: the application's own 403. */
  fail: Method<"unary"> & { methodKind: "unary" };
  /** The caller's subject twice. */
  count: Method<"server_streaming"> & { methodKind: "server_streaming" };
  /** The caller's subject, once all messages are in. */
  gather: Method<"client_streaming"> & { methodKind: "client_streaming" };
}>;

const type = ".google.protobuf.StringValue";
const noSideEffects = { idempotencyLevel: MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS };

const registry = createFileRegistry(
  create(FileDescriptorProtoSchema, {
    name: "test/v1/echo.proto",
    package: "test.v1",
    syntax: "proto3",
    dependency: ["google/protobuf/wrappers.proto"],
    service: [
      {
        name: "EchoService",
        method: [
          { name: "Say", inputType: type, outputType: type, options: noSideEffects },
          { name: "Fail", inputType: type, outputType: type },
          { name: "Count", inputType: type, outputType: type, serverStreaming: true },
          { name: "Gather", inputType: type, outputType: type, clientStreaming: true },
        ],
      },
    ],
  }),
  (name) => (name === "google/protobuf/wrappers.proto" ? file_google_protobuf_wrappers : undefined),
);

/** A service without a proto file: one method of each kind. */
export const EchoService: Echo = registry.getService("test.v1.EchoService") as Echo;
