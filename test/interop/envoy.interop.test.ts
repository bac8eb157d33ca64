import { dirname, join } from "node:path";
import { test } from "node:test";
import { compareWithGateway } from "../gateway/forward-auth/compare-with-gateway.js";
import { followThroughProxy } from "../gateway/forward-auth/follow-through-proxy.js";
import type { ProxyRecipe } from "../gateway/forward-auth/start-proxy.js";
import { readEnvironment } from "./environment.js";

const envoy: ProxyRecipe = {
  command: join(dirname(readEnvironment().python), "envoy"),
  file: "envoy.yaml",
  toArguments: (_folder, file) => ["--config-path", file, "--use-dynamic-base-id", "--log-level", "error"],
};

test("envoy.yaml: lets in whom the gateway lets in, and tells the application the same", (t) =>
  compareWithGateway(t, envoy));

test("envoy.yaml: a client follows its token through it, and is never refused", (t) => followThroughProxy(t, envoy));
