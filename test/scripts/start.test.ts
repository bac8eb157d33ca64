import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { test } from "node:test";

function start(port: string) {
  const env = { ...process.env, PORT: port };
  const { status, stdout, stderr } = spawnSync(process.execPath, ["scripts/start.mjs"], { env, encoding: "utf8" });
  return { status, stdout, stderr };
}

for (const port of ["abc", "", "-1", "80.5", "65536"]) {
  test(`npm start with PORT=${port} says what a port is, before it builds anything`, () => {
    assert.deepEqual(start(port), {
      status: 1,
      stdout: "",
      stderr: `PORT is a number from 0 to 65535, not ${JSON.stringify(port)}. Try: PORT=8081 npm start\n`,
    });
  });
}

test("npm start says that a port is taken, before it builds anything", async (t) => {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  assert.deepEqual(start(String(port)), {
    status: 1,
    stdout: "",
    stderr: `Port ${port} is taken. Try: PORT=8081 npm start\n`,
  });
});
