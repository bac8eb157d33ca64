import { generateKeyPairSync } from "node:crypto";
import type { Platform } from "../base/platform.js";
import { toPublicKey } from "../handlers/private-key/verify-signature.js";
import { toDeephavenKeyFiles } from "../wire/deephaven-key.js";
import { toOpenSshFiles } from "../wire/open-ssh-private.js";
import { toPem } from "../wire/pem.js";
import { rawKeyOf, readSpki } from "../wire/public-key.js";
import type { KeyWish } from "./key-wish.js";

/** The two files of a key pair. */
export interface GeneratedKey {
  readonly privateName: string;
  readonly privateFile: string;
  readonly publicName: string;
  readonly publicFile: string;
  /** The line for the file that `authorizedKeys` reads, without a line break. */
  readonly line: string;
  readonly fingerprint: string;
}

/** Makes a key pair: P-256 or Ed25519. It writes no file. */
export function generateKey({ user, operateAs, type, format }: KeyWish, platform: Platform): GeneratedKey {
  const { privateKey, publicKey } =
    type === "ec" ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("ed25519");
  const spki = publicKey.export({ type: "spki", format: "der" });
  const pkcs8 = privateKey.export({ type: "pkcs8", format: "der" });
  const read = readSpki(spki);
  if ("fault" in read) throw new TypeError(`the key that was made ${read.fault}`);
  const { fingerprint } = toPublicKey(read);
  switch (format) {
    case "deephaven": {
      const files = toDeephavenKeyFiles({ user, operateAs, spki, pkcs8 });
      const names = { privateName: `priv-${user}.base64.txt`, publicName: `pub-${user}.base64.txt` };
      return { ...names, ...files, line: files.publicFile.trimEnd(), fingerprint };
    }
    case "pem": {
      const names = { privateName: `priv-${user}.pem`, publicName: `pub-${user}.pem` };
      const files = { privateFile: toPem("PRIVATE KEY", pkcs8), publicFile: toPem("PUBLIC KEY", spki) };
      return { ...names, ...files, line: `${user} ${spki.toString("base64")}`, fingerprint };
    }
    case "openssh": {
      const algorithm = type === "ec" ? "P-256" : "Ed25519";
      const secret = Buffer.from(privateKey.export({ format: "jwk" }).d ?? "", "base64url");
      const pair = { algorithm, point: rawKeyOf(spki), secret, comment: user, check: platform.random(4) } as const;
      const files = toOpenSshFiles(pair);
      const privateName = `id_${type === "ec" ? "ecdsa" : type}-${user}`;
      const line = `${user} ${files.publicFile.trimEnd()}`;
      return { privateName, publicName: `${privateName}.pub`, ...files, line, fingerprint };
    }
    default:
      return format satisfies never;
  }
}
