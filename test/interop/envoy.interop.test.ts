import { dirname, join } from "node:path";
import { test } from "node:test";
import { compareWithGateway } from "../gateway/forward-auth/compare-with-gateway.js";
import { readEnvironment } from "./environment.js";

test("envoy.yaml: lets in whom the gateway lets in, and tells the application the same", (t) =>
  compareWithGateway(t, {
    command: join(dirname(readEnvironment().python), "envoy"),
    file: "envoy.yaml",
    toArguments: (_folder, file) => ["--config-path", file, "--use-dynamic-base-id", "--log-level", "error"],
  }));
