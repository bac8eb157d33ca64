// Upstreams of gRPC in Python and Go behind the gateway, called by pages of another origin in Chromium: by the page of the
// example, and by the official client of gRPC-Web.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, before, describe, it, type TestContext } from "node:test";
import type { Browser } from "playwright-core";
import { listen } from "../adapters/servers.js";
import { launchBrowser, newContext, skipBrowser } from "../browser/launch.js";
import { runExample } from "../examples/run-example.js";
import { asAda, runGateway } from "../gateway/running-gateway.js";
import { readEnvironment } from "./environment.js";

const { python, goGreeter, grpcWeb } = readEnvironment();

const greeters: Readonly<Record<string, readonly string[]>> = {
  Python: [python, "examples/python/greeter.py"],
  Go: [goGreeter],
};

/** Starts a server on a free port. Returns its address for `upstreams`. */
async function startGreeter(t: TestContext, language: string): Promise<string> {
  const [command = "", ...args] = greeters[language] ?? [];
  const greeter: ChildProcess = spawn(command, [...args, "127.0.0.1:0"], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => {
    greeter.kill();
    return once(greeter, "exit");
  });
  let printed = "";
  for await (const chunk of greeter.stdout ?? []) {
    printed += chunk;
    const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(printed)?.[1];
    if (port !== undefined) return `h2c://127.0.0.1:${port}`;
  }
  throw new Error(`it did not start: ${printed}`);
}

/** What the client of gRPC-Web saw: a unary call, a stream, and the codes of calls that fail. */
interface Seen {
  readonly greeting: string;
  readonly stream: readonly string[];
  readonly failed: readonly number[];
}

/** Runs in the page. A message is a `google.protobuf.StringValue` of less than 128 bytes. */
async function callAll([origin, format, authorization]: readonly string[]): Promise<Seen> {
  // biome-ignore lint/suspicious/noExplicitAny: the official client, as a page has it
  const { GrpcWebClientBase, MethodDescriptor } = (globalThis as any).grpcWeb;
  const encode = (text: string) => Uint8Array.of(10, text.length, ...new TextEncoder().encode(text));
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes.subarray(2));
  const client = new GrpcWebClientBase({ format });
  const method = (name: string, type: string) =>
    new MethodDescriptor(`/demo.v1.Greeter/${name}`, type, String, String, encode, decode);
  const unary = (name: string, metadata: object): Promise<string> =>
    client.unaryCall(`${origin}/demo.v1.Greeter/${name}`, "you", metadata, method(name, "unary"));
  const codeOf = (call: Promise<string>) => call.then(() => 0).catch(({ code }: { readonly code: number }) => code);
  const name = "GreetThrice";
  const call = client.serverStreaming(
    ...[`${origin}/demo.v1.Greeter/${name}`, "you", { authorization }, method(name, "server_streaming")],
  );
  const stream: string[] = [];
  await new Promise((resolve, reject) =>
    call
      .on("data", (text: string) => stream.push(text))
      .on("end", resolve)
      .on("error", reject),
  );
  return {
    greeting: await unary("Greet", { authorization }),
    stream,
    failed: [await codeOf(unary("Greet", {})), await codeOf(unary("Nothing", { authorization }))],
  };
}

describe("pages and upstreams of gRPC in other languages, in Chromium", { skip: skipBrowser }, () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  for (const language of Object.keys(greeters)) {
    it(`the page of the example calls a server in ${language}`, async (t) => {
      const UPSTREAM = await startGreeter(t, language);
      const example = await runExample("grpc-upstream", { UPSTREAM, PAGE_PORT: "0" });
      t.after(() => example.stop());
      const page = await (await newContext(browser)).newPage();
      await page.goto(/the page is (\S+)/.exec(example.printed)?.[1] ?? "");
      await page.click("button");
      await page.waitForFunction("document.querySelector('pre').textContent !== ''");
      assert.equal(await page.textContent("pre"), "Hello you, says ada");
    });
  }

  it("grpc-web calls a server of grpc-go on another origin, in text and in binary", async (t) => {
    const upstream = await startGreeter(t, "Go");
    const pages = await listen(
      createServer((_request, response) => response.setHeader("content-type", "text/html").end()),
    );
    t.after(pages.close);
    const listed = pages.origin.replace("127.0.0.1", "localhost");
    const { origin } = await runGateway(
      t,
      "{ match: { path: / }, upstream: app }",
      (text) =>
        `${text.replace(/url: "[^"]*"/, `protocol: grpc, url: "${upstream}"`)}cors: { origins: ["${listed}"] }\n`,
    );
    const page = await (await newContext(browser)).newPage();
    await page.goto(listed);
    const module = `${readFileSync(grpcWeb, "utf8")}\nglobalThis.grpcWeb = { GrpcWebClientBase, MethodDescriptor };`;
    await page.addScriptTag({ type: "module", content: module });
    await page.waitForFunction("globalThis.grpcWeb !== undefined");
    const greeting = "Hello you, says ada";
    const stream = [greeting, greeting, greeting];
    const text = await page.evaluate(callAll, [origin, "text", asAda]);
    assert.deepEqual(text, { greeting, stream, failed: [16, 12] });
    const binary = await page.evaluate(callAll, [origin, "binary", asAda]);
    // In this format the client has no streams.
    assert.deepEqual({ ...binary, stream: [] }, { greeting, stream: [], failed: [16, 12] });
  });
});
