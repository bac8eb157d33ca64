import assert from "node:assert/strict";
import { test } from "node:test";
import { createConnectRouter } from "@connectrpc/connect";
import { systemPlatform as platform } from "../../../src/base/platform.js";
import { createOwnAnswers, type OwnServer } from "../../../src/gateway/own/own-answers.js";
import type { ServicesConfig } from "../../../src/gateway/own/own-config.js";
import { createWires } from "../../../src/gateway/own/own-servers.js";
import { createServiceRoutes } from "../../../src/gateway/own/services.js";
import { FlightService } from "../../../src/gen/arrow/flight/protocol/flight_pb.js";
import { Health } from "../../../src/gen/grpc/health/v1/health_pb.js";
import { ServerReflection } from "../../../src/gen/grpc/reflection/v1/reflection_pb.js";
import { ServerReflection as ServerReflectionAlpha } from "../../../src/gen/grpc/reflection/v1alpha/reflection_pb.js";
import { AuthApi } from "../../../src/gen/io/deephaven/proto/auth/grpc/auth_service_pb.js";
import { ConfigService } from "../../../src/gen/io/deephaven/proto/backplane/grpc/config_pb.js";
import { SessionService } from "../../../src/gen/io/deephaven/proto/backplane/grpc/session_pb.js";
import { AuthService } from "../../../src/gen/sallyport/v1/auth_service_pb.js";
import { createTestAuth } from "../running.js";

const flight = { cookie: undefined };
const deephavenCore = {};
const deephavenEnterprise = {
  verifyTokenFrom: "anyone",
  reloadRoles: [],
  delegateServices: [],
  detachedServices: [],
  address: undefined,
} as const;

const subsets: readonly ServicesConfig[] = Array.from({ length: 32 }, (_, bits) => ({
  flight: bits & 1 ? flight : undefined,
  deephavenCore: bits & 2 ? deephavenCore : undefined,
  deephavenEnterprise:
    bits & 4 ? { ...deephavenEnterprise, cookieLifeMs: undefined, tokenLifeMs: undefined } : undefined,
  forwardAuth: undefined,
  health: bits & 8 ? { path: undefined } : undefined,
  reflection: (bits & 16) !== 0,
}));

const own = [Health, ServerReflection, ServerReflectionAlpha];
const everything = [AuthService, AuthApi, FlightService, ConfigService, SessionService, ...own].flatMap(
  ({ typeName, methods }) => methods.map(({ name }) => `/${typeName}/${name}`),
);

for (const services of subsets) {
  const names = Object.keys(services).filter((name) => services[name as keyof ServicesConfig]);
  test(`the table names what the servers serve, and nothing else: ${names.join(", ") || "no service"}`, async (t) => {
    const auth = createTestAuth();
    t.after(() => auth.close());
    const served = new Map<string, OwnServer>();
    const router = createConnectRouter();
    createServiceRoutes(auth, services, { platform })(router);
    for (const { requestPath } of router.handlers) served.set(requestPath, "connect");
    for (const { name, methods } of createWires(auth, services, { platform })) {
      for (const method of methods.keys()) served.set(`/${name}/${method}`, "grpc");
    }
    const answers = createOwnAnswers({ services, pagesUrl: undefined });
    const found = everything.map((path) => [path, answers.find(path)?.server]);
    assert.deepEqual(
      found,
      everything.map((path) => [path, served.get(path)]),
    );
    assert.ok([...served.keys()].every((path) => everything.includes(path)));
    assert.ok(everything.every((path) => (answers.find(path)?.description ?? "a").length > 0));
  });
}

test("pages are found by the path of their URL, exactly, and there are none without one", () => {
  const pagesUrl = "https://gate.example/external/";
  const answers = createOwnAnswers({ services: subsets[0] ?? assert.fail(), pagesUrl });
  assert.equal(answers.find("/external/login")?.server, "pages");
  for (const path of ["/external", "/external/", "/external/login/", "/login", "/x/external/login", "/constructor"]) {
    assert.equal(answers.find(path), undefined, path);
  }
  const without = createOwnAnswers({ services: subsets[0] ?? assert.fail(), pagesUrl: undefined });
  assert.equal(without.find("/external/login"), undefined);
});
