import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { StringValueSchema } from "@bufbuild/protobuf/wkt";
import { type RunningExample, runExample } from "./run-example.js";

let example: RunningExample;
const message = Buffer.from(toBinary(StringValueSchema, create(StringValueSchema, { value: "you" })));
const authorization = `Basic ${Buffer.from("ada:correct-horse").toString("base64")}`;
const greeting = "Hello you, says ada";

describe("examples/grpc-upstream", () => {
  before(async () => {
    example = await runExample("grpc-upstream", { PAGE_PORT: "0" });
  });
  after(() => example.stop());

  const call = (query: string, init: RequestInit): Promise<Response> =>
    fetch(`${example.origin}/demo.v1.Greeter/Greet${query}`, { ...init, headers: { authorization, ...init.headers } });
  const textOf = async (response: Response): Promise<string> =>
    fromBinary(StringValueSchema, new Uint8Array(await response.arrayBuffer())).value;

  test("a unary call of Connect, by POST and by GET", async () => {
    const headers = { "content-type": "application/proto" };
    assert.equal(await textOf(await call("", { method: "POST", body: message, headers })), greeting);
    const query = `?connect=v1&encoding=proto&base64=1&message=${message.toString("base64url")}`;
    assert.equal(await textOf(await call(query, {})), greeting);
  });

  test("gRPC-Web: the message, and the status behind it", async () => {
    const body = Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]);
    const headers = { "content-type": "application/grpc-web+proto" };
    const answer = Buffer.from(await (await call("", { method: "POST", body, headers })).arrayBuffer());
    assert.match(answer.toString("latin1"), new RegExp(`${greeting}.*grpc-status: 0`, "s"));
  });

  test("JSON, by the descriptors; a caller without credentials is refused", async () => {
    const headers = { "content-type": "application/json" };
    const answer = await call("", { method: "POST", body: '"you"', headers });
    assert.equal(await answer.json(), greeting);
    const unknown = await call("", { method: "POST", body: message, headers: { ...headers, authorization: "" } });
    assert.equal(unknown.status, 401);
  });

  test("it stops when asked", async () => {
    assert.deepEqual(await example.stop(), [0, null]);
  });
});
