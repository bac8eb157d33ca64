import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, type TestContext } from "node:test";
import { systemPlatform as platform } from "../../../src/base/platform.js";
import type { GatewayConfig } from "../../../src/gateway/config/config.js";
import { toFaultText } from "../../../src/gateway/config/document.js";
import { parseConfig } from "../../../src/gateway/config/parse-config.js";
import type { UpstreamConfig } from "../../../src/gateway/forward/upstream-config.js";
import { createKeptParts, createState, type KeptParts } from "../../../src/gateway/run/state.js";
import { addApiKey } from "../../../src/handlers/api-key/edit.js";
import { createApiKey } from "../../../src/handlers/api-key/record.js";
import { createRandom } from "../../../src/testing/random.js";
import { makeClientCertificates } from "../../handlers/certificate/make-client-certificates.js";
import { type GatewayFiles, gatewayFiles } from "../gateway-files.js";
import { makeCertificates } from "../make-certificates.js";
import { robotKey } from "../running.js";
import { createInProcess, type InProcess } from "./in-process.js";
import { type Ground, randomConfig } from "./random-config.js";
import type { Credentials } from "./random-request.js";

const servers = makeCertificates();
const clients = makeClientCertificates();
after(() => {
  servers?.remove();
  clients?.remove();
});

/** All that random configurations are made from. */
export interface World {
  readonly files: GatewayFiles;
  readonly ground: Ground;
  readonly certificates: readonly (Uint8Array | undefined)[];
  readonly inProcess: InProcess;
  readonly kept: KeptParts;
}

export async function createWorld(t: TestContext): Promise<World> {
  const files = await gatewayFiles(t);
  const made = clients?.make({ san: "email:ada@example.org" });
  const server = servers?.make("gateway");
  const inProcess = createInProcess();
  const kept: KeptParts = {
    ...createKeptParts(platform),
    upstreams: {
      take: (config: UpstreamConfig) => ({
        resource: {
          get: (name) => (name === config.name ? inProcess.upstreamOf(config) : undefined),
          retire() {},
          async close() {},
          async destroy() {},
        },
        async release() {},
      }),
    },
  };
  return {
    files,
    inProcess,
    kept,
    certificates: [undefined, undefined, made?.der, clients?.make().der],
    ground: {
      certificateKey: made?.keySha256,
      tls: server && `cert: ${server.cert}, key: ${server.key}, clientCa: ${servers?.ca}`,
      keySha256: createHash("sha256").update(robotKey).digest("hex"),
    },
  };
}

/** Of sessions and accounts that live in the files of the world, so that every configuration meets them. */
export async function createCredentials(t: TestContext, { files, ground, kept }: World): Promise<Credentials> {
  const { key, record } = createApiKey({ name: "ci", subject: "robot", roles: ["user"], scopes: ["deploy"] });
  addApiKey(`${files.directory}/api-keys.jsonl`, record);
  const config = parse(files, randomConfig(createRandom(1), { ...ground, certificateKey: undefined }));
  const state = createState(config, { platform, kept });
  t.after(() => state.close());
  const logIn = async (): Promise<string> => {
    const context = { peer: { address: "", trusted: false }, target: { method: "POST", path: "/" } };
    const opened = await state.auth.logIn({ scheme: "key", payload: robotKey }, context);
    if (opened.kind !== "opened") throw new Error(`log-in was ${opened.kind}`);
    return opened.token;
  };
  const [live, other, ended] = [await logIn(), await logIn(), await logIn()];
  const decision = await state.auth.authenticate({
    ...{ method: "GET", path: "/", peer: { address: "", trusted: false } },
    rawHeaders: ["authorization", `Bearer ${ended}`],
  });
  assert.ok(decision.kind === "allowed");
  await decision.caller.session?.end();
  const good = [`Key ${robotKey}`, `key ${robotKey}`, `Bearer Key ${robotKey}`, `org.example.KeyHandler ${robotKey}`];
  return {
    tokens: [live, live, other, ended],
    others: [
      ...good,
      ...good,
      ...[`ApiKey ${key}`, `Bearer ${key}`, "Anonymous", "Bearer Anonymous", "External x"],
      ...["Basic YTpi", "Key", "hunter2", "Nothing x", "ClientCertificate x", ""],
    ],
  };
}

export function parse(files: GatewayFiles, text: string): GatewayConfig {
  const parsed = parseConfig(text, { file: files.config });
  if (parsed.kind === "config") return parsed.config;
  throw new Error(`${parsed.faults.map(toFaultText).join("\n")}\n${text}`);
}
