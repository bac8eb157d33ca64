// Run several times at once by key-file.test: makes the key file, or finds it, and says what it read.
import { keyFile } from "../../src/keys/key-file.js";

const [path = "", start = "0"] = process.argv.slice(2);
while (Date.now() < Number(start)); // all at the same instant
const [key] = keyFile(path, { create: true }).load();
process.stdout.write(Buffer.from(key?.secret ?? []).toString("hex"));
