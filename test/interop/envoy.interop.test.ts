import { dirname, join } from "node:path";
import { test } from "node:test";
import { compareWithGateway } from "../gateway/forward-auth/compare-with-gateway.js";
import { followThroughProxy } from "../gateway/forward-auth/follow-through-proxy.js";
import type { ProxyRecipe } from "../gateway/forward-auth/start-proxy.js";
import { readEnvironment } from "./environment.js";

const command = join(dirname(readEnvironment().python), "envoy");

for (const file of ["envoy.yaml", "envoy-grpc.yaml"]) {
  const toArguments = (_folder: string, path: string) => [
    ...["--config-path", path, "--use-dynamic-base-id", "--log-level", "error"],
  ];
  const envoy: ProxyRecipe = { command, file, toArguments };
  test(`${file}: lets in whom the gateway lets in, and tells the application the same`, (t) =>
    compareWithGateway(t, envoy));
  test(`${file}: a client follows its token through it, and is never refused`, (t) => followThroughProxy(t, envoy));
}
