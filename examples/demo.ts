// `npm start`: the gateway on its embedded default, in front of a small upstream that answers with what it received.
// The same as `sallyport serve --config gate.yaml`, with a demo user whose password is made anew at every start.
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hashPassword, keyFile } from "sallyport";
import { serveFile } from "sallyport/gateway";

const directory = mkdtempSync(join(tmpdir(), "sallyport-demo-")); // mode 0700: it will hold sessions, keys and a token
const password = randomBytes(9).toString("base64url");

const upstream = createServer((request, response) => {
  const { method, url: path, headers } = request;
  request.resume();
  response.setHeader("content-type", "application/json");
  response.end(`${JSON.stringify({ method, path, headers }, null, 2)}\n`);
});
await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));

keyFile(join(directory, "keys.json"), { create: true });
writeFileSync(join(directory, "users.txt"), `demo:${await hashPassword(password)}:user\n`, { mode: 0o600 });
const config = join(directory, "gate.yaml");
writeFileSync(
  config,
  `realm: demo
listen: [{ address: "127.0.0.1:${Number(process.env.PORT ?? 8080)}" }]
keys: { file: ./keys.json }
store: { sqlite: ./sessions.db }
session: { rotateAfter: 2s, overlap: 1s }       # so short that you can watch; the default is minutes
handlers: { Basic: { users: ./users.txt } }
routes: [{ match: { path: / }, roles: [user], upstream: echo }]
upstreams: { echo: { url: "http://127.0.0.1:${(upstream.address() as AddressInfo).port}" } }
log: { level: warn }
`,
);

function tidy(): void {
  upstream.close();
  upstream.closeAllConnections();
  rmSync(directory, { recursive: true, force: true });
}

const served = await serveFile(config).catch((error: NodeJS.ErrnoException) => {
  tidy();
  console.error(error.code === "EADDRINUSE" ? "That port is taken. Try: PORT=8081 npm start" : error.message);
  process.exit(1);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void served.stop().finally(tidy));
}

const url = `http://127.0.0.1:${served.gateway.addresses()[0]?.port}`;
const token = join(directory, "token");
const logIn = `curl -sS -o /dev/null -D - -u demo:${password} ${url}`;
const keep = `grep -i '^authorization:' | tr -d '\\r' | tee ${token}`;
console.log(`Sallyport is listening on ${url}; sessions are in ${directory}.
Behind it an upstream answers with the request that it received. Edit ${config} while it runs.

1. Log in with a password, and see a bearer token in the answer's Authorization header:

curl -sSi -u demo:${password} ${url}

2. Log in, keep the token, and call with it instead of the password:

curl -sS -H "$(${logIn} | ${keep})" ${url}

3. Call with the token, wait until it is due, call again, and see the next token in the answer. The upstream got no
   password and no token, but who is calling, in x-sallyport-* headers that no caller can forge:

curl -sS -o /dev/null -H @${token} ${url}; sleep 2.2; curl -sSi -H @${token} -H 'X-Sallyport-Subject: forged' ${url}/hello

Stop with Ctrl-C.`);
