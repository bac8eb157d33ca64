import assert from "node:assert/strict";
import { test } from "node:test";
import { create, createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Code, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ServerReflection, type ServerReflectionResponse } from "../../../src/gen/grpc/reflection/v1/reflection_pb.js";
import { ServerReflection as ServerReflectionAlpha } from "../../../src/gen/grpc/reflection/v1alpha/reflection_pb.js";
import { runGateway } from "../running-gateway.js";

const routes = `
  { match: { path: /grpc.reflection.v1.ServerReflection }, anonymous: true, upstream: app },
  { match: { path: / }, roles: [user], upstream: app }`;

type Question = {
  readonly case: "listServices" | "fileContainingSymbol" | "fileByFilename" | "allExtensionNumbersOfType";
  readonly value: string;
};

/** A file behind all that it needs. */
function inOrder(file: FileDescriptorProto, files: readonly FileDescriptorProto[]): FileDescriptorProto[] {
  const needed = files.filter(({ name }) => file.dependency.includes(name)).flatMap((one) => inOrder(one, files));
  return [...new Set([...needed, file])];
}

for (const service of [ServerReflection, ServerReflectionAlpha as unknown as typeof ServerReflection]) {
  test(`${service.typeName} describes the gateway's own services`, async (t) => {
    const { origin } = await runGateway(t, routes, (text) => `${text}services: { reflection: true, flight: {} }\n`);
    const reflection = createClient(service, createGrpcTransport({ baseUrl: origin }));
    async function ask(...questions: readonly Question[]): Promise<ServerReflectionResponse["messageResponse"][]> {
      async function* all() {
        for (const messageRequest of questions) yield { messageRequest };
      }
      const answers = [];
      for await (const { messageResponse } of reflection.serverReflectionInfo(all())) answers.push(messageResponse);
      return answers;
    }
    const errorOf = (answer: ServerReflectionResponse["messageResponse"] | undefined) =>
      answer?.case === "errorResponse" ? answer.value.errorCode : answer?.case;

    const [list] = await ask({ case: "listServices", value: "*" });
    assert.deepEqual(list?.case === "listServicesResponse" && list.value.service.map(({ name }) => name), [
      "sallyport.v1.AuthService",
      "arrow.flight.protocol.FlightService",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
    ]);
    const symbols = ["sallyport.v1.AuthService", "sallyport.v1.AuthService.LogIn", ".sallyport.v1.LogInRequest"];
    for (const value of symbols) {
      const [found] = await ask({ case: "fileContainingSymbol", value });
      assert.ok(found?.case === "fileDescriptorResponse", value);
      const files = found.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
      const [first = assert.fail()] = files;
      const file = inOrder(first, files);
      assert.equal(file.length, files.length, "no other file");
      // Every file that is needed is there, or this throws.
      const registry = createFileRegistry(create(FileDescriptorSetSchema, { file }));
      assert.equal(registry.getService("sallyport.v1.AuthService")?.methods[0]?.name, "LogIn", value);
    }
    const [byName, ...missing] = await ask(
      { case: "fileByFilename", value: "sallyport/v1/auth_service.proto" },
      { case: "fileByFilename", value: "../../etc/passwd" },
      { case: "fileContainingSymbol", value: "app.v1.Secret" },
      { case: "fileContainingSymbol", value: "sallyport.v1.AuthService.Nothing" },
      { case: "allExtensionNumbersOfType", value: "sallyport.v1.LogInRequest" },
    );
    assert.equal(byName?.case, "fileDescriptorResponse");
    assert.deepEqual(missing.map(errorOf), Array(4).fill(Code.NotFound));
    const many = Array.from({ length: 101 }, (): Question => ({ case: "listServices", value: "" }));
    await assert.rejects(ask(...many), { code: Code.ResourceExhausted });
  });
}

test("without services.reflection a route leads it to an upstream", async (t) => {
  const { origin, upstream } = await runGateway(t, routes);
  await fetch(`${origin}/grpc.reflection.v1.ServerReflection/ServerReflectionInfo`, { method: "POST" });
  assert.match(upstream.requests[0]?.url ?? "", /ServerReflectionInfo$/);
});
