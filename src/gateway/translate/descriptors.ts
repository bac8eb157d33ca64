import {
  createFileRegistry,
  type DescMessage,
  type FileRegistry,
  fromBinary,
  fromJsonString,
  type Message,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import type { MethodCodec } from "../route/route-config.js";

/**
 * Reads a `FileDescriptorSet`, as `buf build -o FILE.binpb` and `protoc --include_imports -o FILE` write it.
 *
 * @returns the methods of its services by their paths; `undefined` when it is malformed, has no service, or lacks a file
 *   that another one imports
 */
export function readDescriptors(bytes: Uint8Array): ReadonlyMap<string, MethodCodec> | undefined {
  const methods = new Map<string, MethodCodec>();
  try {
    const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));
    for (const each of registry) {
      if (each.kind !== "service") continue;
      for (const { name, input, output } of each.methods)
        methods.set(`/${each.typeName}/${name}`, createCodec(input, output, registry));
    }
  } catch {
    return undefined;
  }
  return methods.size === 0 ? undefined : methods;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** JSON as the ProtoJSON format has it. A request may have fields that are unknown here: the caller may be newer. */
function createCodec(input: DescMessage, output: DescMessage, registry: FileRegistry): MethodCodec {
  return {
    toMessage: (json) =>
      attempt(() => {
        const options = { registry, ignoreUnknownFields: true };
        const message: Message = fromJsonString(input, utf8.decode(json), options);
        return toBinary(input, message);
      }),
    toJson: (message) => attempt(() => Buffer.from(toJsonString(output, fromBinary(output, message), { registry }))),
  };
}

/** What it throws holds parts of the message, which are not for a log. */
function attempt(convert: () => Uint8Array): Uint8Array | undefined {
  try {
    return convert();
  } catch {
    return undefined;
  }
}
