import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { createAuth } from "../../../src/engine/auth.js";
import { basic } from "../../../src/handlers/password/basic.js";
import { hashPassword } from "../../../src/handlers/password/hash.js";
import { userFile } from "../../../src/handlers/password/user-file.js";
import { randomKeys } from "../../../src/keys/key-ring.js";
import { memory } from "../../../src/stores/memory/memory.js";
import { createRandom } from "../../../src/testing/random.js";
import { gatewayFiles } from "../../gateway/gateway-files.js";
import { configText, echoUpstream } from "../../gateway/running-gateway.js";
import { hangMs, itInFull } from "../../size.js";
import { createWorld } from "../../world.js";
import { peer } from "./source.js";

const calls = 10_000;

/** By user, their roles: in the file that is there, and in the one that is deployed to one process after the other. */
const stay = ["ada", "bob", "carol", "dave", "erin"];
const joiners = ["frank", "grace", "heidi"];
const before = new Map([...stay, "leaver"].map((user) => [user, user === "bob" ? "user,admin" : "user"]));
const after = new Map([...stay, ...joiners].map((user) => [user, user === "ada" ? "user,admin" : "user"]));

const toText = (users: ReadonlyMap<string, string>, hash: string): string =>
  [...users].map(([user, roles]) => `${user}:${hash}:${roles}\n`).join("");

interface Caller {
  readonly user: string;
  authorization: string;
}

/** What a call came to: `in` with the roles, 503, or the reason why the caller is logged out. */
interface Answer {
  readonly kind: "in" | "503" | "out";
  readonly told: string;
}

/** Who may be refused for a while, since a process does not know them yet, and who is shut out by the deployment. */
function judge({ user }: Caller, { kind, told }: Answer, hasBegun: boolean): void {
  if (kind === "in") return;
  if (kind === "503") assert.ok(joiners.includes(user) && hasBegun, `${user} got 503: ${told}`);
  else assert.ok(user === "leaver" && hasBegun, `${user} was logged out: ${told}`);
}

describe("a rolling deployment of a user file logs no honest caller out", () => {
  it("over two engines, with the clock turned", async (t) => {
    const { FUZZ_SEED } = process.env;
    const random = createRandom(FUZZ_SEED === undefined ? undefined : Number(FUZZ_SEED));
    t.diagnostic(`seed ${random.seed} (FUZZ_SEED=${random.seed} repeats it)`);
    const folder = mkdtempSync(join(tmpdir(), "rolling-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const { platform, advance } = createWorld(random.seed);
    const store = { ...memory({ platform }), close: () => {} };
    const keys = randomKeys(platform);
    const hash = `$argon2id$v=19$m=19456,t=2,p=1$${"A".repeat(22)}$${"B".repeat(43)}`;
    const paths = ["a", "b"].map((name) => join(folder, name));
    const deploy = (at: number, users: ReadonlyMap<string, string>) =>
      writeFileSync(paths[at] ?? "", toText(users, hash), { mode: 0o600 });
    const nodes = paths.map((path, at) => {
      deploy(at, before);
      const handlers = [basic(userFile(path, { platform, verifyHash: async () => true }))];
      return createAuth({
        handlers,
        store,
        keys,
        platform,
        rotateAfterMs: 60_000,
        overlapMs: 5_000,
        onEvent: () => {},
      });
    });
    t.after(() => Promise.all(nodes.map((node) => node.close())));
    const pick = () => random.pick(nodes);
    const present = async (
      node: (typeof nodes)[number],
      authorization: string,
    ): Promise<Answer & { token?: string }> => {
      const request = { method: "GET", path: "/", rawHeaders: ["authorization", authorization], peer: { ...peer } };
      const decision = await node.authenticate(request);
      if (decision.kind === "allowed") {
        const { offer, caller } = decision;
        return { kind: "in", told: caller.identity.roles?.join() ?? "", ...(offer && { token: offer.token }) };
      }
      if (decision.kind === "anonymous") return assert.fail("anonymous");
      return { kind: decision.reason === "unavailable" ? "503" : "out", told: decision.reason };
    };
    const logIn = async (user: string, node = pick()): Promise<Caller> => {
      const { token } = await present(node, `Basic ${Buffer.from(`${user}:x`).toString("base64")}`);
      return { user, authorization: `Bearer ${token ?? assert.fail(`${user} was not let in`)}` };
    };
    const callers = await Promise.all([...before.keys()].flatMap((user) => [logIn(user), logIn(user), logIn(user)]));

    let refused = 0;
    for (let call = 0; call < calls; call += 1) {
      if (call === calls * 0.2) deploy(0, after);
      if (call === calls * 0.3) for (const user of joiners) callers.push(await logIn(user, nodes[0]));
      if (call === calls * 0.6) deploy(1, after);
      const caller = random.pick(callers);
      const answer = await present(pick(), caller.authorization);
      if (answer.token !== undefined) caller.authorization = `Bearer ${answer.token}`;
      judge(caller, answer, call >= calls * 0.2);
      if (answer.kind === "503") refused += 1;
      advance(random.int(300));
    }
    assert.ok(refused > 100, `the second process refused joiners ${refused} times: the deployment was not seen`);
    advance(5_000);
    for (const caller of callers) {
      for (const node of nodes) {
        const { kind, told, token } = await present(node, caller.authorization);
        if (token !== undefined) caller.authorization = `Bearer ${token}`;
        if (caller.user === "leaver") assert.equal(kind, "out");
        else assert.equal(told, after.get(caller.user), caller.user);
      }
    }
  });

  itInFull("over two processes on one database", async (t: TestContext) => {
    const files = await gatewayFiles(t);
    const upstream = await echoUpstream(t);
    const password = "a password of all";
    const hash = await hashPassword(password);
    const deploy = (name: string, users: ReadonlyMap<string, string>) => files.write(name, toText(users, hash));
    const origins: string[] = [];
    for (const name of ["a", "b"]) {
      deploy(`users-${name}`, before);
      const text = configText(upstream.url, "{ match: { path: / }, roles: [user], upstream: app }");
      const path = files.write(`gate-${name}.yaml`, text.replace("./users.yaml", `./users-${name}`));
      origins.push(await serve(t, path));
    }
    const ask = async (origin: string, authorization: string): Promise<Answer & { next: string | null }> => {
      const response = await fetch(origin, { headers: { authorization } });
      await response.arrayBuffer();
      const told = `${response.status} ${response.headers.get("sallyport-reason")}`;
      const kind = response.status === 200 ? "in" : response.status === 503 ? "503" : "out";
      return { kind, told, next: response.headers.get("authorization") };
    };
    const [first = "", second = ""] = origins;
    const logIn = async (user: string): Promise<Caller> => {
      const basicOf = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
      for (const deadline = performance.now() + hangMs; ; await delay(50)) {
        const { kind, told, next } = await ask(first, basicOf);
        if (kind === "in" && next !== null) return { user, authorization: next };
        assert.ok(joiners.includes(user) && performance.now() < deadline, `${user} was not let in: ${told}`);
      }
    };
    const callers = await Promise.all([...before.keys()].map(logIn));

    let made = 0;
    let hasBegun = false;
    async function useAll(until: number): Promise<void> {
      await Promise.all(
        callers.map(async (caller, index) => {
          for (let own = index; made < until; own += 1) {
            made += 1;
            const answer = await ask(origins[own % 2] ?? "", caller.authorization);
            if (answer.next !== null) caller.authorization = answer.next;
            judge(caller, answer, hasBegun);
            if (answer.kind === "out") return;
          }
        }),
      );
    }
    await useAll(calls * 0.2);
    hasBegun = true;
    deploy("users-a", after);
    callers.push(...(await Promise.all(joiners.map(logIn))));
    await useAll(calls * 0.6);
    deploy("users-b", after);
    await useAll(calls);
    for (const caller of callers) {
      let answer = await ask(second, caller.authorization);
      for (const deadline = performance.now() + hangMs; answer.kind === "503"; await delay(50)) {
        assert.ok(performance.now() < deadline, `${caller.user} is not let in: ${answer.told}`);
        answer = await ask(second, caller.authorization);
      }
      assert.equal(answer.kind, caller.user === "leaver" ? "out" : "in", caller.user);
    }
  });
});

/** Runs a gateway in a process of its own, and returns its origin. */
async function serve(t: TestContext, config: string): Promise<string> {
  const child: ChildProcess = spawn(process.execPath, ["dist/src/cli/main.js", "serve", "--config", config]);
  t.after(() => child.kill("SIGKILL"));
  child.stdout?.resume();
  return new Promise((resolve, reject) => {
    let said = "";
    child.stderr?.on("data", (chunk) => {
      said += String(chunk);
      const [, address] = /listening on (\S+)/.exec(said) ?? [];
      if (address !== undefined) resolve(`http://${address}`);
    });
    child.on("exit", () => reject(new Error(`the gateway has ended: ${said}`)));
  });
}
