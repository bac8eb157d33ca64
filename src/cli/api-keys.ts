import { readFileSync, statSync } from "node:fs";
import type { Command } from "commander";
import { AuthError } from "../base/errors.js";
import { addApiKey, revokeApiKey } from "../handlers/api-key/edit.js";
import { parseApiKeyFile } from "../handlers/api-key/file-format.js";
import { type ApiKeyRecord, createApiKey } from "../handlers/api-key/record.js";
import { readUsage } from "../handlers/api-key/usage.js";
import { type CliIo, print, toTable } from "./io.js";
import { durationArgument } from "./options.js";

interface NewOptions {
  readonly name: string;
  readonly subject?: string;
  readonly roles?: readonly string[];
  readonly scopes?: readonly string[];
  readonly expiresIn?: number;
  readonly neverExpires?: boolean;
  readonly json?: boolean;
}

const defaultLifeMs = 90 * 86_400_000;

const words = (text: string): string[] => text.split(/[\s,]+/).filter((word) => word !== "");

export function addApiKeys(program: Command, io: CliIo): void {
  const { platform } = io;
  const apiKeys = program.command("api-keys").description("API keys that programs present, in a file");

  apiKeys
    .command("new <file>")
    .description("make a key: it is shown once, and the file keeps its hash")
    .requiredOption("--name <name>", "what people call it")
    .option("--subject <subject>", "who it acts for (default: the name)")
    .option("--roles <roles>", "its roles, separated by commas", words)
    .option("--scopes <scopes>", "its scopes, separated by commas", words)
    .option("--expires-in <duration>", "how long it is good (default: 90d)", durationArgument)
    .option("--never-expires", "until it is revoked")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      `
The file is made when it is not there. A running gateway takes the key a second later.

Example:
  $ sallyport api-keys new api-keys.jsonl --name "ci 2027" --subject ci --roles deploy --expires-in 365d`,
    )
    .action(
      (file: string, { expiresIn = defaultLifeMs, neverExpires, json, ...rest }: NewOptions, command: Command) => {
        if (neverExpires === true && command.getOptionValueSource("expiresIn") === "cli") {
          command.error("error: give one of --expires-in and --never-expires", { exitCode: 2 });
        }
        const expiresAt = neverExpires === true ? undefined : platform.now() + expiresIn;
        const { key, record } = createApiKey({ ...rest, expiresAt, platform });
        addApiKey(file, record, { platform });
        // Standard output gets the key alone, so that $(sallyport api-keys new …) is the key.
        if (json !== true) io.err(`made key ${record.id} in ${file}; it ${fate(record)}. It is shown this once:\n`);
        print(io, json, { file, key, ...toJson(record) }, key);
      },
    );

  apiKeys
    .command("ls <file>")
    .description("list the keys: names, rights, last use; never a key")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  $ sallyport api-keys ls api-keys.jsonl")
    .action((file: string, { json }: { json?: boolean }) => {
      const used = readUsage(file);
      const list = [...read(file).values()].map((record) => ({
        ...toJson(record),
        state: stateOf(record, platform.now()),
        usedAt: toText(used.get(record.id)),
      }));
      const rows = list.map(({ id, name, subject, roles, scopes, state, expiresAt = "never", usedAt = "" }) => {
        return [id, name, subject, roles.join(","), scopes.join(","), state, expiresAt, usedAt];
      });
      const header = ["ID", "NAME", "SUBJECT", "ROLES", "SCOPES", "STATE", "EXPIRES", "LAST USED"];
      print(io, json, { file, keys: list }, toTable(header, rows));
    });

  apiKeys
    .command("revoke <file> <id>")
    .description("refuse a key from now on: everywhere that reads the file, a second later")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  $ sallyport api-keys revoke api-keys.jsonl 3f9c0a1be2d47586")
    .action((file: string, id: string, { json }: { json?: boolean }) => {
      const record = revokeApiKey(file, id, { platform });
      print(io, json, { file, ...toJson(record) }, `revoked key ${id} (${record.name}) in ${file}`);
    });
}

function read(file: string): ReadonlyMap<string, ApiKeyRecord> {
  if (statSync(file, { throwIfNoEntry: false }) === undefined) {
    throw new AuthError("invalid_options", `there is no file ${file}; make it with: sallyport api-keys new ${file}`);
  }
  return parseApiKeyFile(readFileSync(file, "utf8"), file);
}

function toText(instant: number | null | undefined): string | undefined {
  return instant == null ? undefined : new Date(instant).toISOString().replace(/\.\d+/, "");
}

function toJson({ sha256: _sha256, createdAt, expiresAt, revokedAt, ...rest }: ApiKeyRecord) {
  return { ...rest, createdAt: toText(createdAt), expiresAt: toText(expiresAt), revokedAt: toText(revokedAt) };
}

function fate({ expiresAt }: ApiKeyRecord): string {
  return expiresAt == null ? "never expires" : `expires ${toText(expiresAt)}`;
}

function stateOf({ expiresAt, revokedAt }: ApiKeyRecord, now: number): "revoked" | "expired" | "good" {
  if (revokedAt != null) return "revoked";
  return expiresAt != null && expiresAt <= now ? "expired" : "good";
}
