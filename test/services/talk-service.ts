import { create, toBinary } from "@bufbuild/protobuf";
import { fileDesc, type GenService, serviceDesc } from "@bufbuild/protobuf/codegenv2";
import {
  FileDescriptorProtoSchema,
  file_google_protobuf_wrappers,
  type StringValueSchema,
} from "@bufbuild/protobuf/wkt";

const text = ".google.protobuf.StringValue";

const file = create(FileDescriptorProtoSchema, {
  name: "test/v1/talk_service.proto",
  package: "test.v1",
  syntax: "proto3",
  dependency: ["google/protobuf/wrappers.proto"],
  service: [
    {
      name: "TalkService",
      method: [
        { name: "Say", inputType: text, outputType: text },
        { name: "Count", inputType: text, outputType: text, serverStreaming: true },
        { name: "Gather", inputType: text, outputType: text, clientStreaming: true },
        { name: "Chat", inputType: text, outputType: text, clientStreaming: true, serverStreaming: true },
      ],
    },
  ],
});

type Text = typeof StringValueSchema;

/** An application's service, with all four kinds of method. */
export const TalkService: GenService<{
  say: { methodKind: "unary"; input: Text; output: Text };
  count: { methodKind: "server_streaming"; input: Text; output: Text };
  gather: { methodKind: "client_streaming"; input: Text; output: Text };
  chat: { methodKind: "bidi_streaming"; input: Text; output: Text };
}> = serviceDesc(
  fileDesc(Buffer.from(toBinary(FileDescriptorProtoSchema, file)).toString("base64"), [file_google_protobuf_wrappers]),
  0,
);
