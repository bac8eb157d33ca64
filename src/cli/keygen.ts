import { closeSync, existsSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { AuthError } from "../base/errors.js";
import { type CliIo, print } from "./io.js";
import { type KeyWish, keyFormats, keyTypes } from "./key-wish.js";

interface KeygenOptions {
  readonly user: string;
  readonly operateAs?: string;
  readonly type?: KeyWish["type"];
  readonly format: KeyWish["format"];
  readonly dir: string;
  readonly json?: boolean;
}

export function addKeygen(program: Command, io: CliIo): void {
  program
    .command("keygen")
    .description("make a key pair to log in by: two files, and the line for the file of authorized keys")
    .requiredOption("--user <name>", "the user who logs in by it")
    .option("--operate-as <name>", "with --format deephaven: the user to operate as (default: the same user)")
    .addOption(new Option("--type <type>", "ec is P-256 (default: ec for deephaven, else ed25519)").choices(keyTypes))
    .addOption(new Option("--format <format>", "of both files").choices(keyFormats).default("deephaven"))
    .option("--dir <directory>", "where to write them", ".")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      `
The private file has mode 0600, and no file is overwritten. Deephaven's own tools read theirs.

Examples:
  $ sallyport keygen --user ada >> authorized_keys         # priv-ada.base64.txt, pub-ada.base64.txt
  $ sallyport keygen --user ada --format openssh >> authorized_keys`,
    )
    .action(async ({ user, operateAs, format, dir, json, ...rest }: KeygenOptions, command: Command) => {
      const { type = format === "deephaven" ? "ec" : "ed25519" } = rest;
      const misuse = (message: string): never => command.error(`error: ${message}`, { exitCode: 2 });
      if (format === "deephaven" && type !== "ec") misuse("--format deephaven has keys of --type ec only");
      if (format !== "deephaven" && operateAs !== undefined)
        misuse("only --format deephaven has a place for --operate-as");
      for (const name of [user, operateAs ?? user]) {
        if (!/^[\p{L}\p{N}_@+-][\p{L}\p{N}._@+-]{0,99}$/u.test(name)) {
          misuse("a name is 1 to 100 letters, digits and any of . _ @ + -: it is part of a file's name and of a line");
        }
      }
      const { generateKey } = await import("./generate-key.js");
      const key = generateKey({ user, operateAs: operateAs ?? user, type, format }, io.platform);
      const privatePath = join(dir, key.privateName);
      const publicPath = join(dir, key.publicName);
      writeBoth([privatePath, key.privateFile, 0o600], [publicPath, key.publicFile, 0o644]);
      // Standard output gets the line alone, so that it can be appended to the file of authorized keys.
      if (json !== true) io.err(`made ${privatePath}, which only you can read: keep it secret; and ${publicPath}\n`);
      const { line, fingerprint } = key;
      print(io, json, { user, privateFile: privatePath, publicFile: publicPath, line, fingerprint }, line);
    });
}

type NewFile = readonly [path: string, text: string, mode: number];

/** Writes both files or neither, and overwrites none: an overwritten private key would be lost. */
function writeBoth(first: NewFile, second: NewFile): void {
  for (const [path] of [first, second]) if (existsSync(path)) refuse(path);
  writeNew(first);
  try {
    writeNew(second);
  } catch (error) {
    rmSync(first[0]);
    throw error;
  }
}

function writeNew([path, text, mode]: NewFile): void {
  let descriptor: number;
  try {
    descriptor = openSync(path, "wx", mode);
  } catch (error) {
    if ((error as { code?: unknown }).code === "EEXIST") refuse(path);
    throw error;
  }
  try {
    writeSync(descriptor, text);
  } finally {
    closeSync(descriptor);
  }
}

function refuse(path: string): never {
  throw new AuthError(
    "invalid_options",
    `${path} is there already, and is not overwritten. Move it away, or take another --dir`,
  );
}
