import { createRegistry, type DescFile, type DescService, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import { ServerReflection, type ServerReflectionRequest } from "../gen/grpc/reflection/v1/reflection_pb.js";
import { ServerReflection as ServerReflectionAlpha } from "../gen/grpc/reflection/v1alpha/reflection_pb.js";
import { addService } from "./add-service.js";

/** The most questions of one call: no credentials are asked for, and an answer is longer than its question. */
const maxQuestions = 100;

/** Its messages differ in the name of their package alone, which is not on the wire. */
const older = ServerReflectionAlpha as unknown as typeof ServerReflection;

/**
 * Makes the routes of `grpc.reflection.v1` and `v1alpha`, which ask for no credentials: what they describe is published.
 *
 * @param services those that are described. Of upstreams nothing is said
 */
export function createReflectionRoutes(services: readonly DescService[]): (router: ConnectRouter) => void {
  const files = filesOf(services);
  const registry = createRegistry(...files.values());

  /** Finds the file that declares a service, a method or a type. */
  function fileOf(symbol: string): DescFile | undefined {
    const name = symbol.replace(/^\./, "");
    const found = registry.get(name);
    if (found !== undefined) return found.file;
    const dot = name.lastIndexOf(".");
    const service = dot === -1 ? undefined : registry.getService(name.slice(0, dot));
    return service?.methods.some((method) => method.name === name.slice(dot + 1)) === true ? service.file : undefined;
  }

  function answerTo({ case: asked, value }: ServerReflectionRequest["messageRequest"]) {
    switch (asked) {
      case "listServices":
        return {
          case: "listServicesResponse",
          value: { service: services.map(({ typeName: name }) => ({ name })) },
        } as const;
      case "fileByFilename":
        return toAnswer(files.get(value));
      case "fileContainingSymbol":
        return toAnswer(fileOf(value));
      case undefined:
        return toError(Code.InvalidArgument, "The request asks for nothing.");
      default:
        return toError(Code.NotFound, "There are no extensions here.");
    }
  }

  async function* answer(questions: AsyncIterable<ServerReflectionRequest>) {
    let asked = 0;
    for await (const question of questions) {
      asked += 1;
      if (asked > maxQuestions) throw new ConnectError("Too many questions in one call.", Code.ResourceExhausted);
      const messageResponse = answerTo(question.messageRequest);
      yield { validHost: question.host, originalRequest: question, messageResponse };
    }
  }

  return (router) => {
    for (const service of [ServerReflection, older])
      addService(router, service, { serverReflectionInfo: (questions) => answer(questions) }, () => true);
  };
}

/** Returns the files of services, and those that they need, by name. */
function filesOf(services: readonly DescService[]): ReadonlyMap<string, DescFile> {
  const files = new Map<string, DescFile>();
  const add = (file: DescFile): void => {
    if (files.has(file.proto.name)) return;
    files.set(file.proto.name, file);
    file.dependencies.forEach(add);
  };
  for (const { file } of services) add(file);
  return files;
}

function toAnswer(file: DescFile | undefined) {
  if (file === undefined) return toError(Code.NotFound, "There is no such file or symbol here.");
  const needed = new Map<string, DescFile>();
  const add = (one: DescFile): void => {
    if (needed.has(one.proto.name)) return;
    needed.set(one.proto.name, one);
    one.dependencies.forEach(add);
  };
  add(file);
  const fileDescriptorProto = [...needed.values()].map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
  return { case: "fileDescriptorResponse", value: { fileDescriptorProto } } as const;
}

function toError(errorCode: Code, errorMessage: string) {
  return { case: "errorResponse", value: { errorCode, errorMessage } } as const;
}
