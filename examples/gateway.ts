// The gateway inside a program of your own; `sallyport serve --config gate.yaml` is the same from the command line.
//
//   UPSTREAM=http://127.0.0.1:3000 node dist/examples/gateway.js
//
// Makes a folder with a configuration, a user file and keys, and prints how to log in.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hashPassword, keyFile } from "sallyport";
import { serveFile } from "sallyport/gateway";

const upstream = process.env.UPSTREAM ?? "http://127.0.0.1:3000";
const folder = mkdtempSync(join(tmpdir(), "sallyport-gateway-")); // mode 0700
const path = (name: string) => join(folder, name);

keyFile(path("keys.json"), { create: true });
writeFileSync(path("users"), `ada:${await hashPassword("correct-horse")}:user\n`, { mode: 0o600 });
writeFileSync(
  path("gate.yaml"),
  `realm: example
listen: [{ address: 127.0.0.1:${process.env.PORT ?? 8080} }]
keys: { file: ./keys.json }
store: { sqlite: ./sessions.db }
handlers:
  Basic: { users: ./users }
routes:
  - { match: { path: /healthz }, anonymous: true, upstream: app }
  - { match: { path: / }, roles: [user], upstream: app }
upstreams: { app: { url: "${upstream}", identity: headers } }
`,
  { mode: 0o600 },
);

const { gateway, stop } = await serveFile(path("gate.yaml"));
const [address] = gateway.addresses();
const origin = `http://127.0.0.1:${address?.port}`;
console.log(`listening on ${origin}, in front of ${upstream}; try: curl -i -u ada:correct-horse ${origin}`);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, async () => {
    await stop();
    rmSync(folder, { recursive: true });
    process.exit(0);
  });
}
