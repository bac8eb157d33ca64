import { statSync } from "node:fs";
import type { Command } from "commander";
import { AuthError } from "../base/errors.js";
import { keyFile, rotateKeyFile } from "../keys/key-file.js";
import { openKeys } from "../keys/key-ring.js";
import { type CliIo, print, toTable } from "./io.js";
import { durationOption } from "./options.js";

interface JsonOption {
  readonly json?: boolean;
}

export function addKeys(program: Command, io: CliIo): void {
  const keys = program.command("keys").description("the keys that sign tokens");
  const { platform } = io;

  keys
    .command("init <file>")
    .description("make a key file with one key, mode 0600")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  $ sallyport keys init keys.json      # then keys: { file: ./keys.json }")
    .action((file: string, { json }: JsonOption) => {
      // Overwriting a key file would end every session.
      if (statSync(file, { throwIfNoEntry: false }) !== undefined) {
        throw new AuthError(
          "invalid_options",
          `${file} is there already; add a key with: sallyport keys rotate ${file}`,
        );
      }
      keyFile(file, { create: true, platform });
      print(io, json, { file, id: 1 }, `made ${file}, with key 1. Keep it secret: it can make tokens of any user`);
    });

  keys
    .command("rotate <file>")
    .description("add a key that signs soon; the previous key still verifies the tokens that it signed")
    .addOption(durationOption("--activate-after <duration>", "how long every node has to read it first", "10m"))
    .addOption(
      durationOption("--keep <duration>", "how long a key verifies after it last signed: the longest session", "7d"),
    )
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  $ sallyport keys rotate keys.json    # without a restart; sessions stay")
    .action((file: string, options: JsonOption & { activateAfter: number; keep: number }) => {
      const { activateAfter: activateAfterMs, keep: keepMs } = options;
      const id = rotateKeyFile(file, { activateAfterMs, keepMs, platform });
      const signsFrom = new Date(platform.now() + activateAfterMs).toISOString();
      print(io, options.json, { file, id, signsFrom }, `added key ${id} to ${file}; it signs from ${signsFrom}`);
    });

  keys
    .command("ls <file>")
    .description("list the keys, without their secrets")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  $ sallyport keys ls keys.json")
    .action((file: string, { json }: JsonOption) => {
      const ring = keyFile(file, { platform });
      const signing = openKeys(ring, platform).signing().id;
      const list = ring.load().map(({ id, signsFrom }) => ({
        id,
        signsFrom: new Date(signsFrom).toISOString(),
        state: id === signing ? "signs" : signsFrom > platform.now() ? "waits" : "verifies",
      }));
      const rows = list.map(({ id, signsFrom, state }) => [String(id), signsFrom, state]);
      print(io, json, { file, keys: list }, toTable(["ID", "SIGNS FROM", "STATE"], rows));
    });
}
