import { readRegularFile } from "../../../base/read-regular-file.js";
import type { RpcConfig } from "../../route/route-config.js";
import { defaultMessageBytes } from "../../translate/call-plan.js";
import { readDescriptors } from "../../translate/descriptors.js";
import { type ConfigPath, toPathText } from "../document.js";
import { itemsOf, type ReadContext } from "../read-context.js";
import { bytes, list, object, path, type RawList, type Schema, text } from "../schema.js";

/** The least that is no mistake, and the most that a call of Connect may make the gateway keep. */
const [leastBytes, mostBytes] = [1_024, 64 * 1_024 * 1_024];

/** The settings as the file spells them. */
export interface RawRpc {
  readonly idempotent?: RawList<string>;
  readonly maxMessageBytes?: number;
  readonly descriptors?: string;
}

/** The settings of a route to an upstream of gRPC. */
export const rpcSchema: Schema<RawRpc> = object(
  {
    idempotent: list(
      text("a procedure, such as shop.v1.Catalog/GetItem", "A procedure."),
      "a list of procedures, such as [shop.v1.Catalog/GetItem]",
      "The procedures that may be called by GET (Connect). Every page can make a browser send a GET: name those only that change " +
        "nothing. GET of another method is answered 405. Default: none.",
    ),
    maxMessageBytes: {
      ...bytes(leastBytes, mostBytes),
      default: defaultMessageBytes,
      description:
        "One message of gRPC-Web or Connect, in either direction; a longer one ends the call with RESOURCE_EXHAUSTED. gRPC itself is " +
        "bounded by its servers.",
    },
    descriptors: path(
      "A `FileDescriptorSet` of the upstream's services, such as `buf build -o shop.binpb` writes: callers may then use JSON, and a " +
        "method that is not in it is answered 404. Read with this file.",
    ),
  },
  [],
  "Calls of gRPC-Web and Connect to an upstream with `protocol: grpc`.",
);

const procedureForm = /^[A-Za-z_][\w.]*\/[A-Za-z_]\w*$/;

export function readRpc(raw: RawRpc | undefined, at: ConfigPath, context: ReadContext): RpcConfig | undefined {
  if (raw === undefined) return undefined;
  const { maxMessageBytes = defaultMessageBytes } = raw;
  raw.idempotent?.forEach((one, index) => {
    if (one === undefined || procedureForm.test(one)) return;
    const place = [...at, "idempotent", index];
    context.report(place, `${toPathText(place)} must be a procedure, such as shop.v1.Catalog/GetItem`);
  });
  const methods = raw.descriptors === undefined ? undefined : readMethods(raw.descriptors, at, context);
  return Object.freeze({
    idempotent: itemsOf(raw.idempotent).map((one) => `/${one}`),
    maxMessageBytes,
    methods,
  });
}

function readMethods(file: string, at: ConfigPath, context: ReadContext): RpcConfig["methods"] {
  const found = readRegularFile(context.resolve(file), () => undefined);
  const methods = "bytes" in found ? readDescriptors(found.bytes) : undefined;
  if (methods === undefined) {
    const place = [...at, "descriptors"];
    const fault =
      "bytes" in found
        ? "is no FileDescriptorSet with a service and all that it imports; make it with: buf build -o FILE.binpb"
        : found.fault;
    context.report(place, `${toPathText(place)}: ${fault}`);
  }
  return methods;
}
