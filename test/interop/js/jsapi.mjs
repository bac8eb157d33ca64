// Deephaven's JavaScript client on Node: fetches itself from the server, logs in, makes a table by a script, and reads it.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { loadDhModules, NodeHttp2gRPCTransport } from "@deephaven/jsapi-nodejs";

const [url, user, password, staySeconds] = process.argv.slice(2);
const saw = (name, what) => console.log(JSON.stringify({ name, saw: what }));
Object.assign(globalThis, { self: globalThis, window: globalThis, __dirname: import.meta.dirname });

const dh = await loadDhModules({
  serverUrl: new URL(url),
  storageDir: join(process.cwd(), "modules"),
  targetModuleType: "esm",
});
const client = new dh.CoreClient(url, { transportFactory: NodeHttp2gRPCTransport.createFactory() });
const token = Buffer.from(`${user}:${password}`).toString("base64");
await client.login({ type: "Basic", token });
const connection = await client.getAsIdeConnection();
const session = await connection.startSession("python");
await session.runCode("from deephaven import empty_table\nfromJs = empty_table(100).update(['X = i'])");
const table = await session.getTable("fromJs");
saw("rows", table.size);
const readFrom = async (first) => {
  table.setViewport(first, first + 9);
  const { rows } = await table.getViewportData();
  return rows.map((row) => Number(row.get(table.columns[0]))).join();
};
saw("first", await readFrom(0));
await sleep(Number(staySeconds) * 1_000);
saw("later", await readFrom(10));
process.exit(0);
