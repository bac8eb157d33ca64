// Run as a process of its own by kills.ts: logs in, turns tokens and logs out without end, and says each step on
// standard output before and after it. What it has said when it is killed must hold afterwards.
import { writeSync } from "node:fs";
import { createAuth } from "../../src/engine/auth.js";
import { sqlite } from "../../src/stores/sqlite/sqlite.js";
import { createLeadingPlatform, killRules } from "./kill-platform.js";
import { bearer, logIn, requireAllowed, requireOffer, users } from "./nodes.js";

const [path = "", lead = "0"] = process.argv.slice(2);
const { platform, skip } = createLeadingPlatform(Number(lead));
const auth = createAuth({ handlers: [users], store: sqlite(path, { platform }), platform, ...killRules });

/** At once and whole: nothing that was said is lost with the process. */
const say = (...words: readonly (string | number)[]): void => void writeSync(1, `${words.join(" ")}\n`);

for (;;) {
  let { token, ref } = await logIn(auth);
  say("in", ref, token);
  for (let turns = 0; turns < 4; turns += 1) {
    say("lead", skip());
    token = requireOffer(await bearer(auth, token));
    say("turned", ref, token);
    say("confirming", ref, token);
    requireAllowed(await bearer(auth, token));
  }
  if ((platform.random(1)[0] ?? 0) % 2 === 0) continue;
  say("leaving", ref);
  await auth.sessions.end(ref, "logout");
  say("left", ref);
}
