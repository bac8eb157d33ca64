import { create, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { EchoService } from "../../adapters/echo-service.js";

/** The descriptors of `EchoService` and of what it imports, as `buf build` would write them. */
export const echoDescriptors: Uint8Array = toBinary(
  FileDescriptorSetSchema,
  create(FileDescriptorSetSchema, {
    file: [...EchoService.file.dependencies.map(({ proto }) => proto), EchoService.file.proto],
  }),
);
