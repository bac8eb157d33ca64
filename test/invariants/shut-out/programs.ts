import { generateKeyPairSync } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { type ApiKeySource, apiKey } from "../../../src/handlers/api-key/api-key.js";
import { apiKeyFile } from "../../../src/handlers/api-key/file.js";
import { toApiKeyLine } from "../../../src/handlers/api-key/file-format.js";
import { type ApiKeyRecord, createApiKey } from "../../../src/handlers/api-key/record.js";
import { hashPreSharedKey, type PreSharedKey, preSharedKey } from "../../../src/handlers/pre-shared-key.js";
import { authorizedKeys } from "../../../src/handlers/private-key/authorized-keys.js";
import { privateKey } from "../../../src/handlers/private-key/private-key.js";
import { parseKeyChallenge, toKeyMessage } from "../../../src/wire/key-messages.js";
import { answerTo } from "../../handlers/private-key/key-world.js";
import { spkiOf } from "../../wire/keys.js";
import { durations } from "./node.js";
import {
  byConfiguration,
  bySource,
  configured,
  exchange,
  type Ground,
  logInBy,
  pathIn,
  roles,
  type Source,
} from "./source.js";

const pairs = [1, 2, 3].map(() => generateKeyPairSync("ec", { namedCurve: "P-256" }));
const [pair = pairs[0]] = pairs;

/** Three keys of ada, of which the first logs in. */
export function createAuthorizedKeys(ground: Ground): Source {
  const { platform } = ground;
  const path = pathIn(ground, "authorized_keys");
  function write(list: readonly string[], { options = "", from = 0 } = {}): void {
    const lines = pairs.slice(from).map((one, index) => {
      const own = index === 0 && from === 0 ? options : "";
      return `ada ${own}roles="${list.join(",")}" ${spkiOf(one).toString("base64")}\n`;
    });
    const bob = generateKeyPairSync("ed25519");
    writeFileSync(path, `${lines.join("")}bob ${spkiOf(bob).toString("base64")}\n`, { mode: 0o600 });
  }
  write(roles.first);
  const down = bySource(() => rmSync(path));
  const { handlers, edits } = configured(() =>
    privateKey({ keys: authorizedKeys(path, { platform, onWarning: () => {} }), platform }),
  );
  return {
    handlers,
    delayMs: 3_000,
    headers: undefined,
    async logIn(auth) {
      if (pair === undefined) throw new Error("no key");
      const publicKey = spkiOf(pair);
      const first = await exchange(auth, "PublicKey", toKeyMessage({ kind: "challenge", user: "ada", publicKey }));
      if (first.kind !== "challenged") return first;
      const { nonce, realm } = parseKeyChallenge(first.payload) ?? { nonce: new Uint8Array(), realm: "" };
      return exchange(auth, "PublicKey", toKeyMessage(answerTo({ pair, nonce, signed: { realm } })));
    },
    edits: {
      ...edits,
      disabled: bySource(() => write(roles.first, { options: 'expiry-time="20200101",' })),
      deleted: bySource(() => write(roles.first, { from: pairs.length })),
      "role removed": bySource(() => write(roles["role removed"])),
      "role added": bySource(() => write(roles["role added"])),
      "this key removed": bySource(() => write(roles.first, { from: 1 })),
      "down for 2 min": down,
      "down for longer": down,
    },
  };
}

const keyText = (letter: string) => `r0bot_7fGh2kLmNpQrStVwXyZ3456789AbC${letter}`;

export function createPreSharedKeys(_ground: Ground): Source {
  const keysOf = (list: readonly string[], first?: PreSharedKey): Record<string, PreSharedKey> => ({
    ...(first && { one: first }),
    two: { key: keyText("y"), subject: "robot", roles: list },
    three: { key: keyText("z"), subject: "robot", roles: list },
  });
  const one = (list: readonly string[], key = keyText("x")) => ({ key, subject: "robot", roles: list });
  let keys = keysOf(roles.first, one(roles.first));
  const edit = (now: Record<string, PreSharedKey>) =>
    byConfiguration(() => {
      keys = now;
    });
  const { handlers, edits } = configured(() => preSharedKey({ keys }));
  const added = roles["role added"];
  const removed = roles["role removed"];
  return {
    handlers,
    delayMs: 1_000,
    headers: { authorization: `PSK ${keyText("x")}` },
    logIn: logInBy("PSK", keyText("x")),
    edits: {
      ...edits,
      deleted: edit({ bob: { key: keyText("w") } }),
      "role removed": edit(keysOf(removed, one(removed))),
      "role added": edit(keysOf(added, one(added))),
      "this key removed": edit(keysOf(roles.first)),
      "password changed": edit(keysOf(roles.first, one(roles.first, keyText("v")))),
      "re-hashed": edit(
        keysOf(roles.first, { sha256: hashPreSharedKey(keyText("x")), subject: "robot", roles: roles.first }),
      ),
    },
  };
}

/** How long keys of a database that is down go on: shorter than it is down here, so that the outcomes are those of sessions. */
const knownMs = 60_000;

interface KeptKeys {
  readonly keys: ApiKeySource | ((id: string) => ApiKeyRecord | undefined);
}

function createApiKeys(
  ground: Ground,
  delayMs: number,
  open: (ground: Ground) => { source(): KeptKeys["keys"]; write(records: readonly ApiKeyRecord[]): void; down(): void },
): Source {
  const { platform } = ground;
  const made = ["one", "two", "three"].map((name) =>
    createApiKey({ name, subject: "robot", roles: roles.first, platform }),
  );
  const records = made.map(({ record }) => record);
  const others = [createApiKey({ name: "other", platform }).record];
  const { source, write, down } = open(ground);
  write([...records, ...others]);
  const key = made[0]?.key ?? "";
  const edit = (now: readonly ApiKeyRecord[]) => bySource(() => write([...now, ...others]));
  const withRoles = (list: readonly string[]) => edit(records.map((record) => ({ ...record, roles: list })));
  const { handlers, edits } = configured(() => apiKey({ keys: source(), platform }));
  return {
    handlers,
    delayMs,
    headers: { authorization: `ApiKey ${key}` },
    logIn: logInBy("ApiKey", key),
    edits: {
      ...edits,
      disabled: edit(records.map((record) => ({ ...record, revokedAt: platform.now() }))),
      deleted: edit([]),
      "role removed": withRoles(roles["role removed"]),
      "role added": withRoles(roles["role added"]),
      "this key removed": edit(records.slice(1)),
      "down for 2 min": bySource(down),
      "down for longer": bySource(down),
    },
  };
}

export const createApiKeyFile = (ground: Ground): Source =>
  createApiKeys(ground, 3_000, ({ platform }) => {
    const path = pathIn(ground, "api-keys.jsonl");
    return {
      source: () => apiKeyFile(path, { platform, onWarning: () => {} }),
      write: (records) => writeFileSync(path, records.map((one) => `${toApiKeyLine(one)}\n`).join(""), { mode: 0o600 }),
      down: () => rmSync(path),
    };
  });

export const createApiKeyDatabase = (ground: Ground): Source =>
  createApiKeys(ground, durations.recheckMs, () => {
    let kept = new Map<string, ApiKeyRecord>();
    let isDown = false;
    return {
      source: () => ({
        find(id) {
          if (isDown) throw new Error("the database is down");
          return kept.get(id);
        },
        staleMs: knownMs,
      }),
      write(records) {
        kept = new Map(records.map((record) => [record.id, record]));
      },
      down() {
        isDown = true;
      },
    };
  });
