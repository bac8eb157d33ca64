import { createRequire } from "node:module";
import type { DescMessage, FileRegistry, Message } from "@bufbuild/protobuf";
import type { MethodCodec } from "../route/route-config.js";

type Protobuf = typeof import("@bufbuild/protobuf");

const load = createRequire(import.meta.url);

/** Loaded when a route names descriptors: a configuration without them is read without this package. */
const loadProtobuf = (): Protobuf => load("@bufbuild/protobuf") as Protobuf;

/**
 * Reads a `FileDescriptorSet`, as `buf build -o FILE.binpb` and `protoc --include_imports -o FILE` write it.
 *
 * @returns the methods of its services by their paths; `undefined` when it is malformed, has no service, or lacks a file
 *   that another one imports
 */
export function readDescriptors(bytes: Uint8Array): ReadonlyMap<string, MethodCodec> | undefined {
  const methods = new Map<string, MethodCodec>();
  const protobuf = loadProtobuf();
  const { FileDescriptorSetSchema } = load("@bufbuild/protobuf/wkt") as typeof import("@bufbuild/protobuf/wkt");
  const { createFileRegistry, fromBinary } = protobuf;
  try {
    const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));
    for (const each of registry) {
      if (each.kind !== "service") continue;
      for (const { name, input, output } of each.methods)
        methods.set(`/${each.typeName}/${name}`, createCodec(protobuf, input, output, registry));
    }
  } catch {
    return undefined;
  }
  return methods.size === 0 ? undefined : methods;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** JSON as the ProtoJSON format has it. A request may have fields that are unknown here: the caller may be newer. */
function createCodec(
  { fromBinary, fromJsonString, toBinary, toJsonString }: Protobuf,
  input: DescMessage,
  output: DescMessage,
  registry: FileRegistry,
): MethodCodec {
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
