import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { rawCall, statusOf } from "../services/flight/raw-call.js";
import { type RunningExample, runExample } from "./run-example.js";

const settings = "/io.deephaven.proto.backplane.grpc.ConfigService/GetConfigurationConstants";

let example: RunningExample;
describe("examples/deephaven", () => {
  before(async () => {
    example = await runExample("deephaven");
  });
  after(() => example.stop());

  test("a log-in of Deephaven is given a token, and goes on with it", async () => {
    const authorization = `Basic ${btoa("ada:correct-horse")}`;
    const first = await rawCall(example.origin, settings, { authorization }, [new Uint8Array()]);
    assert.match(String(first.headers.authorization), /^Bearer sps_/);
    const headers = { authorization: String(first.headers.authorization) };
    assert.equal(statusOf(await rawCall(example.origin, settings, headers, [new Uint8Array()])).code, 0);
    assert.equal(statusOf(await rawCall(example.origin, settings, {}, [new Uint8Array()])).code, 16);
  });
});
