import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { onNpmEnded } from "../../src/cli/npm-parent.js";
import { gatewayFiles } from "../gateway/gateway-files.js";
import { configText } from "../gateway/running-gateway.js";
import { hangMs } from "../size.js";
import { createWorld } from "../world.js";

test("the end of the parent is told where npm has started the process, once, and nowhere else", () => {
  const rows: readonly (readonly [
    environment: Record<string, string>,
    parents: readonly [number, number],
    told: number,
  ])[] = [
    [{ npm_command: "exec" }, [70, 1], 1],
    [{ npm_command: "run-script" }, [70, 4], 1], // a subreaper, as of a session of systemd, takes it over
    [{ npm_command: "exec" }, [70, 70], 0],
    [{ npm_command: "exec" }, [1, 1], 0],
    [{ npm_command: "" }, [70, 1], 0],
    [{}, [70, 1], 0],
  ];
  for (const [environment, [before, after], expected] of rows) {
    const { platform, advance } = createWorld();
    let parent = before;
    let told = 0;
    onNpmEnded(() => told++, { environment, platform, parentOf: () => parent });
    advance(5_000);
    assert.equal(told, 0);
    parent = after;
    advance(5_000);
    assert.equal(told, expected, JSON.stringify([environment, before, after]));
  }
});

const shell = { skip: process.platform === "win32" ? "no shell of POSIX" : false };

/** A shell that starts a gateway as npm does; says when it listens, and ends when its output does. */
async function startUnderShell(t: TestContext, environment: Record<string, string>): Promise<ChildProcess> {
  const files = await gatewayFiles(t);
  files.write("gate.yaml", configText("http://127.0.0.1:9", "{ match: { path: / }, upstream: app }"));
  const { npm_command: _ours, ...inherited } = process.env;
  // A second command, so that the shell stays the parent.
  const script = `"${process.execPath}" dist/src/cli/main.js serve --config "${files.config}"; true`;
  const child = spawn("sh", ["-c", `echo $$; ${script}`], {
    env: { ...inherited, ...environment },
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  t.after(() => {
    try {
      process.kill(-(child.pid ?? 0), "SIGKILL");
    } catch {
      // the whole group is gone
    }
  });
  for await (const chunk of child.stderr?.iterator({ destroyOnReturn: false }) ?? []) {
    if (String(chunk).includes("listening on ")) break;
  }
  return child;
}

test("a gateway that npm has started stops when its parent is killed", shell, async (t) => {
  const child = await startUnderShell(t, { npm_command: "exec" });
  child.kill("SIGKILL");
  // The gateway holds the other end of this pipe until it ends.
  child.stderr?.resume();
  await once(child, "close", { signal: AbortSignal.timeout(hangMs) });
});
