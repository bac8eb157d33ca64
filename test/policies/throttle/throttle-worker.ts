// One of several processes on one SQLite file: guesses in parallel, and says how many of the guesses were looked at.

import { createAuth } from "../../../src/engine/auth.js";
import type { Handler } from "../../../src/handlers/handler.js";
import { basic } from "../../../src/handlers/password/basic.js";
import { randomKeys } from "../../../src/keys/key-ring.js";
import { sqlite } from "../../../src/stores/sqlite/sqlite.js";
import { toPayload, type User } from "./throttle-world.js";

const [path = "", name = ""] = process.argv.slice(2);
const guesses = 64;
let checking = 0;
let finish = (): void => {};
const gate = new Promise<void>((resolve) => {
  finish = resolve;
});

const auth = createAuth<Handler<User>>({
  store: sqlite(path),
  keys: randomKeys(),
  // Whatever the machine is busy with: no delay is over before all have guessed.
  throttle: { firstDelayMs: 900_000 },
  handlers: [
    basic<User>({
      // Whatever is guessed is right, but only once everybody has guessed: so all that is looked at gets in.
      async verify(user) {
        checking += 1;
        if (checking === guesses) process.send?.("guessed");
        await gate;
        return { subject: user };
      },
    }),
  ],
});

const target = { method: "POST", path: "/" };

async function guess(index: number): Promise<boolean> {
  const payload = toPayload("ada", `guess ${name} ${index}`);
  const peer = { address: `192.0.2.${index}`, trusted: false };
  return (await auth.logIn({ scheme: "Basic", payload }, { peer, target })).kind === "opened";
}

process.on("message", async (order: "guess" | "finish") => {
  if (order === "finish") return finish();
  const outcomes = await Promise.all(Array.from({ length: guesses }, (_, index) => guess(index)));
  process.send?.(outcomes.filter(Boolean).length);
});
process.on("disconnect", () => auth.close());
process.send?.("ready");
