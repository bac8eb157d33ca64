import assert from "node:assert/strict";
import { connect, type IncomingHttpHeaders } from "node:http2";
import { type TestContext, test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { ConfigurationConstantsResponseSchema } from "../../../../src/gen/io/deephaven/proto/backplane/grpc/config_pb.js";
import { asOne, type BridgeWorld, bridgeWorld, type Caller } from "./bridge-world.js";
import { DeephavenUpstream, pskClass, upstreamKey } from "./deephaven-upstream.js";

async function world(t: TestContext, protocol = "http", core = "{}") {
  const upstream = new DeephavenUpstream();
  await upstream.listen(t);
  const credential = `{ wire: deephaven, scheme: ${pskClass}, secret: { file: ./upstream.secret } }`;
  const made = await bridgeWorld(t, `{ url: "${upstream.url}", protocol: ${protocol}, credential: ${credential} }`, {
    secret: upstreamKey,
    session: `services: { flight: {}, deephavenCore: ${core} }`,
  });
  return { ...made, upstream };
}

const messageOf = (text: string): Buffer => {
  const message = Buffer.alloc(5 + Buffer.byteLength(text));
  message.writeUInt32BE(Buffer.byteLength(text), 1);
  message.write(text, 5);
  return message;
};

interface Answer {
  readonly session: string | undefined;
  readonly status: string | undefined;
  readonly body: string;
  /** All that came, as text. */
  readonly everything: string;
}

/** Calls a method by gRPC: sends a part of the body when the one before has come back. */
function call(
  node: BridgeWorld["nodes"][number],
  caller: Caller | string,
  parts: readonly Buffer[],
  path = "/some.Service/Method",
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const client = connect(node.origin);
    client.on("error", reject);
    const headers = {
      "content-type": "application/grpc",
      te: "trailers",
      authorization: typeof caller === "string" ? caller : `Bearer ${caller.token}`,
    };
    const stream = client.request({ ":method": "POST", ":path": path, ...headers }, { endStream: false });
    const seen: unknown[] = [];
    let head: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    let body = "";
    const left = [...parts];
    const next = (): void => {
      const part = left.shift();
      if (part !== undefined) stream.write(part);
      if (left.length === 0) stream.end();
    };
    stream.on("response", (fields) => {
      head = fields;
      seen.push(fields);
    });
    stream.on("data", (chunk: Buffer) => {
      body += chunk.toString("latin1");
      next();
    });
    stream.on("trailers", (fields) => {
      trailers = fields;
      seen.push(fields);
    });
    stream.on("error", reject);
    stream.on("close", () => {
      client.close();
      const status = String(trailers["grpc-status"] ?? head["grpc-status"]);
      resolve({ session: head["x-session"] as string, status, body, everything: JSON.stringify(seen) + body });
    });
    next();
  });
}

test("unary calls and streams carry the upstream's token, and neither side gets one of the other", async (t) => {
  const { upstream, nodes, logIn, given } = await world(t);
  const [ada, bob] = [await logIn("ada"), await logIn("bob")];
  const answers = [];
  for (let index = 0; index < 12; index += 1) {
    const caller = index % 3 === 0 ? bob : ada;
    const parts = index % 2 === 0 ? [messageOf("one")] : ["a", "b", "c"].map(messageOf);
    const answer = await call(nodes[index % 2] as (typeof nodes)[0], caller, parts);
    assert.deepEqual([answer.status, answer.body], ["0", Buffer.concat(parts).toString("latin1")]);
    answers.push(answer);
  }
  assert.equal(upstream.logIns, 2);
  assert.equal(new Set(answers.filter((_, index) => index % 3 !== 0).map(({ session }) => session)).size, 1);
  const toClients = answers.map(({ everything }) => everything).join();
  for (const token of [...upstream.given, upstreamKey]) assert.ok(!toClients.includes(token));
  const toUpstream = upstream.got.join();
  for (const token of given) assert.ok(!toUpstream.includes(token));
  assert.ok(!toUpstream.includes("sps_"));
});

test("a call in an upstream that restarted is sent again: a message, and a stream from its first one on", async (t) => {
  const { upstream, nodes, logIn } = await world(t);
  const ada = await logIn("ada");
  await call(nodes[0], ada, [messageOf("first")]);
  for (const parts of [[messageOf("one")], ["a", "b", "c"].map(messageOf)]) {
    upstream.forget();
    const { status, body } = await call(nodes[0], ada, parts);
    assert.deepEqual([status, body], ["0", Buffer.concat(parts).toString("latin1")]);
  }
  assert.equal(upstream.logIns, 3);
});

test("calls of Connect and gRPC-Web that are translated carry the token too, and are sent again", async (t) => {
  const { upstream, nodes, logIn } = await world(t, "grpc");
  const ada = await logIn("ada");
  const ask = async (type: string, body: Buffer): Promise<string> => {
    const init = { method: "POST", headers: { "content-type": type, "connect-protocol-version": "1" }, body };
    const response = await ada.fetch(nodes[0], "/some.Service/Method", init);
    const text = Buffer.from(await response.arrayBuffer()).toString("latin1");
    assert.equal(response.status, 200, text);
    const everything = JSON.stringify([...response.headers]) + text;
    for (const token of upstream.given) assert.ok(!everything.includes(token));
    return text;
  };
  for (const forgets of [false, true]) {
    if (forgets) upstream.forget();
    assert.equal(await ask("application/proto", Buffer.from("unary")), "unary");
    if (forgets) upstream.forget();
    assert.match(await ask("application/grpc-web+proto", messageOf("web")), /web.*grpc-status: ?0/s);
  }
  assert.equal(upstream.logIns, 3);
});

test("the client's own log-out, which the gateway answers, closes the upstream's session", async (t) => {
  const { upstream, nodes, logIn } = await world(t);
  const ada = await logIn("ada");
  await call(nodes[0], ada, [messageOf("first")]);
  const path = "/io.deephaven.proto.backplane.grpc.SessionService/CloseSession";
  const { status, session } = await call(nodes[0], ada, [messageOf("")], path);
  assert.deepEqual([status, session], ["0", undefined]);
  while (upstream.closed === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal((await call(nodes[0], ada, [messageOf("late")])).status, "16");
  assert.equal(upstream.logIns, 1);
});

test("the settings of the server are told with the gateway's own over them, also while the server is down", async (t) => {
  const { upstream, nodes, logIn } = await world(t);
  const ada = await logIn("ada");
  const path = "/io.deephaven.proto.backplane.grpc.ConfigService/GetConfigurationConstants";
  const tell = async (node: (typeof nodes)[0]): Promise<Record<string, unknown>> => {
    const { status, body } = await call(node, ada, [messageOf("")], path);
    assert.equal(status, "0");
    const { configValues } = fromBinary(ConfigurationConstantsResponseSchema, Buffer.from(body, "latin1").subarray(5));
    return Object.fromEntries(Object.entries(configValues).map(([name, { kind }]) => [name, kind.value]));
  };
  const told = await tell(nodes[0]);
  assert.equal(told["java.version"], "17.0.15");
  assert.notEqual(told["http.session.durationMs"], "300000");
  // The session that asked logs out.
  while (upstream.closed === 0) await new Promise((resolve) => setImmediate(resolve));
  upstream.stop();
  assert.deepEqual(await tell(nodes[0]), told);
  assert.deepEqual(await tell(nodes[1]), { "http.session.durationMs": told["http.session.durationMs"] });
});

test("a server that does not tell its settings costs a client neither its log-in nor its token", async (t) => {
  const { upstream, nodes } = await world(t, "http", "{ session: { rotateAfter: 8s, overlap: 4s } }");
  upstream.isSilent = true;
  const path = "/io.deephaven.proto.backplane.grpc.ConfigService/GetConfigurationConstants";
  const { status, everything } = await call(nodes[0], asOne("ada"), [messageOf("")], path);
  assert.equal(status, "0");
  assert.match(everything, /"authorization":"Bearer sps_/);
});
