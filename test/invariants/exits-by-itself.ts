// Run by bounded.test: an engine with everything under way must not keep its process alive.
import { createAuth } from "../../src/engine/auth.js";
import { sqlite } from "../../src/stores/sqlite/sqlite.js";
import { bearer, logIn, requireAllowed, users } from "./nodes.js";

const auth = createAuth({ handlers: [users], store: sqlite(process.argv[2] ?? "") });
const { token } = await logIn(auth);
requireAllowed(await bearer(auth, token)).caller.session?.onEnd(() => {});
console.log("done");
