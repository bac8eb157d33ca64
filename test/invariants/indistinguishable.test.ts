import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { nodeAuth } from "../../src/adapters/node/node.js";
import { createAuth } from "../../src/engine/auth.js";
import { basic } from "../../src/handlers/password/basic.js";
import { hashPassword } from "../../src/handlers/password/hash.js";
import { userFile } from "../../src/handlers/password/user-file.js";
import { memory } from "../../src/stores/memory/memory.js";
import { createWorld } from "../world.js";
import { basicOf } from "./nodes.js";

const attempts = {
  "a wrong password": basicOf("ada", "wrong"),
  "an unknown user": basicOf("nobody", "lovelace"),
  "a disabled user with the right password": basicOf("eve", "lovelace"),
  "a disabled user with a wrong password": basicOf("eve", "wrong"),
  "a name in another spelling, with a wrong password": basicOf(" ADA ", "wrong"),
  "a scheme that nobody answers for": "Negotiate abc",
};

/** Every attempt by a connection of its own, from another place: none of them is throttled for its source. */
let places = 0;
const fromElsewhere = () => ({ address: `192.0.2.${++places % 250}`, trusted: false });

test("14. Unknown user, wrong password and disabled user cannot be told apart by status, headers or body", () =>
  requireOneAnswer(attempts));

test("14. A throttled user cannot be told from a wrong password by status, headers or body", () =>
  requireOneAnswer(
    {
      "a wrong password": basicOf("bob", "wrong"),
      "an unknown user": basicOf("nobody", "lovelace"),
      "a throttled user with the right password": basicOf("ada", "lovelace"),
      "a throttled user with a wrong password": basicOf("ada", "wrong"),
      "a throttled user in another spelling": basicOf("ADA ", "lovelace"),
      "a throttled user who is disabled": basicOf("eve", "lovelace"),
      "a throttled user who does not exist": basicOf("mallory", "wrong"),
    },
    ["ada", "eve", "mallory"],
  ));

/** @param throttled whose passwords are guessed before */
async function requireOneAnswer(
  tried: Readonly<Record<string, string>>,
  throttled: readonly string[] = [],
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-users-"));
  const path = join(folder, "users.txt");
  const hash = await hashPassword("lovelace");
  writeFileSync(path, `ada:${hash}:user\nbob:${hash}:user\neve:${hash}:user:disabled\n`, { mode: 0o600 });
  const { platform } = createWorld();
  const events: unknown[] = [];
  const auth = createAuth({
    platform,
    store: memory({ platform }),
    handlers: [basic(userFile(path, { platform }))],
    onEvent: (event) => event.kind !== "refused" && events.push(event),
  });
  const server = createServer(nodeAuth(auth, (_request, response) => response.end("in")));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  try {
    const right = await fetch(url, { headers: { authorization: basicOf("bob", "lovelace") } });
    assert.equal(right.status, 200);
    await right.text();
    const target = { method: "POST", path: "/" };
    for (const user of throttled) {
      for (let failures = 0; failures < 11; failures++) {
        const payload = basicOf(user, `wrong ${failures}`).slice("Basic ".length);
        await auth.logIn({ scheme: "Basic", payload }, { peer: fromElsewhere(), target });
      }
    }
    const answers = new Map<string, unknown>();
    const decisions = new Map<string, unknown>();
    const before = events.length;
    for (const [name, authorization] of Object.entries(tried)) {
      const response = await fetch(url, { headers: { authorization } });
      const headers = [...response.headers].filter(([header]) => header !== "date");
      answers.set(name, { status: response.status, headers, body: await response.text() });
      const request = { method: "GET", path: "/", rawHeaders: ["authorization", authorization], peer: fromElsewhere() };
      decisions.set(name, await auth.authenticate(request));
      const [scheme = "", payload = ""] = authorization.split(" ");
      const outcome = await auth.logIn({ scheme, payload }, { peer: fromElsewhere(), target });
      assert.deepEqual(outcome, decisions.get(name), `log-in: ${name}`);
    }
    const [first] = answers.values();
    assert.equal((first as { status: number }).status, 401);
    for (const [name, answer] of answers) assert.deepEqual(answer, first, name);
    const [decision] = decisions.values();
    for (const [name, other] of decisions) assert.equal(other, decision, `the very same object: ${name}`);
    assert.equal(events.length, before);
  } finally {
    server.close();
    server.closeAllConnections();
    await auth.close();
    rmSync(folder, { recursive: true });
  }
}
