import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { connectAuth } from "../../src/adapters/connect.js";
import { AuthClient } from "../../src/client/auth-client.js";
import { createAuth } from "../../src/engine/auth.js";
import { basic } from "../../src/handlers/password/basic.js";
import { authRoutes } from "../../src/services/auth/auth-service.js";
import { memory } from "../../src/stores/memory/memory.js";
import { listen } from "../services/server.js";

test("a client that is closed during a log-in leaves no session on the server", async (t) => {
  let begun: () => void = () => {};
  let finish: () => void = () => {};
  const hasBegun = new Promise<void>((resolve) => (begun = resolve));
  const mayFinish = new Promise<void>((resolve) => (finish = resolve));
  let left: (aborted: Promise<void>) => void = () => {};
  const hasLeft = new Promise<void>((resolve) => {
    left = (aborted) => void aborted.then(resolve);
  });
  const auth = createAuth({
    handlers: [
      basic({
        async verify(subject) {
          begun();
          await mayFinish;
          return { subject };
        },
      }),
    ],
    store: memory(),
  });
  let refused = 0;
  const answered = new Promise<void>((resolve) => {
    const { logIn } = auth;
    const watched = {
      ...auth,
      async logIn(...given: Parameters<typeof logIn>) {
        const { signal } = given[1];
        left(new Promise((gone) => signal?.addEventListener("abort", () => gone())));
        const outcome = await logIn(...given);
        if (outcome.kind === "denied") refused += 1;
        resolve();
        return outcome;
      },
    };
    void serve(watched);
  });
  let origin: (url: string) => void = () => {};
  const url = new Promise<string>((resolve) => (origin = resolve));
  async function serve(watched: typeof auth): Promise<void> {
    const server = await listen(
      createServer(connectAuth(watched, connectNodeAdapter, { routes: authRoutes(watched) })),
    );
    t.after(() => server.close());
    origin(server.origin);
  }
  t.after(() => auth.close());

  const client = new AuthClient({ baseUrl: await url });
  const logIn = client.password("ada", "x");
  await hasBegun;
  await client.close();
  await assert.rejects(logIn, /closed|canceled/i);
  await hasLeft;
  finish();
  await answered;
  assert.equal(refused, 1);
  assert.deepEqual(await auth.sessions.list(), []);
});

test("any number of calls at once is no leak of listeners", async (t) => {
  const warnings: string[] = [];
  const note = ({ message }: Error) => warnings.push(message);
  process.on("warning", note);
  t.after(() => process.off("warning", note));
  const auth = createAuth({ handlers: [basic({ verify: (subject) => ({ subject }) })], store: memory() });
  const server = await listen(createServer(connectAuth(auth, connectNodeAdapter, { routes: authRoutes(auth) })));
  const client = new AuthClient({ baseUrl: server.origin });
  await client.password("ada", "x");
  await Promise.all(Array.from({ length: 20 }, () => client.whoAmI()));
  await new Promise(setImmediate);
  assert.deepEqual(warnings, []);
  await client.close();
  await server.close();
  await auth.close();
});
