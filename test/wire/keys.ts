import { execFileSync } from "node:child_process";
import { generateKeyPairSync, type KeyObject } from "node:crypto";

/** Keys are made once: RSA takes a while. */
export interface Pair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export const pairs: Readonly<Record<"Ed25519" | "P-256" | "P-384" | "RSA", Pair>> = {
  Ed25519: generateKeyPairSync("ed25519"),
  "P-256": generateKeyPairSync("ec", { namedCurve: "P-256" }),
  "P-384": generateKeyPairSync("ec", { namedCurve: "P-384" }),
  RSA: generateKeyPairSync("rsa", { modulusLength: 3072 }),
};

export const spkiOf = ({ publicKey }: Pair): Buffer => publicKey.export({ type: "spki", format: "der" });
export const pkcs8Of = ({ privateKey }: Pair): Buffer => privateKey.export({ type: "pkcs8", format: "der" });

/** Runs a tool that is there; what it prints. */
export function run(tool: string, args: readonly string[], input?: string | Buffer): Buffer {
  return execFileSync(tool, [...args], { input, stdio: ["pipe", "pipe", "pipe"] });
}

/** Why a test that needs it is skipped, if so. */
export function lacks(tool: "ssh-keygen" | "openssl"): string | false {
  try {
    execFileSync("sh", ["-c", `command -v ${tool}`]);
    return false;
  } catch {
    const from = tool === "openssl" ? "openssl" : "openssh-client";
    return `needs ${tool}: apt-get install ${from}`;
  }
}
