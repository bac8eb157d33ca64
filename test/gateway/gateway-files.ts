import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { hashPassword, keyFile } from "sallyport";

export interface GatewayFiles {
  readonly directory: string;
  readonly config: string;
  write(name: string, text: string, mode?: number): string;
}

export const adaPassword = "correct horse";

/** Removed when the process ends: hooks run in the order of their tests' calls, and a gateway that stops later still writes. */
const directories: string[] = [];
process.once("exit", () => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

/** A private directory with a key file, a user file with `ada` (role `user`), and whatever is written. */
export async function gatewayFiles(_t: TestContext): Promise<GatewayFiles> {
  const directory = mkdtempSync(join(tmpdir(), "sallyport-test-"));
  directories.push(directory);
  const write = (name: string, text: string, mode = 0o600): string => {
    const path = join(directory, name);
    writeFileSync(path, text, { mode });
    return path;
  };
  keyFile(join(directory, "keys.json"), { create: true });
  write("users.yaml", `ada:${await hashPassword(adaPassword)}:user\n`);
  return { directory, config: join(directory, "gate.yaml"), write };
}

/** The sketch of the design, word for word. */
export const sketch = `\
realm: example                              # part of every token's MAC
listen: [{ address: 127.0.0.1:8080 }]       # HTTP/1 and h2c
keys: { file: ./keys.json }                 # made by \`sallyport keys init\`, mode 0600
store: { sqlite: ./sallyport.db }
handlers:                                   # one entry per scheme; a second one for a scheme is an error
  Basic: { users: ./users.yaml }
  Bearer: { jwt: { issuer: https://idp.example, audience: api } }   # never sees our own tokens
routes:
  - { match: { path: /healthz }, anonymous: true, upstream: app }
  - { match: { path: / }, roles: [user], upstream: app }
upstreams: { app: { url: "http://127.0.0.1:3000", identity: headers } }
`;
