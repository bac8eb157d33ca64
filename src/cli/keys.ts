import { statSync } from "node:fs";
import type { Command } from "commander";
import { AuthError } from "../base/errors.js";
import { revokeKeyFile, rotateKeyFile } from "../keys/edit-key-file.js";
import { keyFile } from "../keys/key-file.js";
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
      const id = keyFile(file, { create: true, platform }).load()[0]?.id;
      print(io, json, { file, id }, `made ${file}, with key ${id}. Keep it secret: it can make tokens of any user`);
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
    .command("revoke <file> [id...]")
    .description("take stolen keys out: what they sign, and every session that is open now, is refused")
    .option("--all", "every key of the file: the file itself may have been copied")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      `
Every process that reads the file refuses them within 3 seconds; nothing is restarted, and the thief's tokens are void although
he can still sign. Every session that is open now ends, whichever key signed it last: who has one key and any token of a
session can make that session's next token. Users log in again.

When the key that signs is among them, a new one is made that signs at once. The secrets leave the file; revoke in every copy of it
that processes read. A key that only stopped signing leaves by itself: sallyport keys rotate.

Examples:
  $ sallyport keys ls keys.json
  $ sallyport keys revoke keys.json 41837
  $ sallyport keys revoke keys.json --all`,
    )
    .action((file: string, ids: readonly string[], { all = false, json }: JsonOption & { all?: boolean }, command) => {
      const misuse = (message: string): never => (command as Command).error(`error: ${message}`, { exitCode: 2 });
      if (all === ids.length > 0) misuse("give the ids of the stolen keys, as keys ls lists them, or --all");
      const odd = ids.find((id) => !/^[1-9]\d{0,4}$/.test(id));
      if (odd !== undefined) misuse("an id is a number, as keys ls lists it");
      const done = revokeKeyFile(file, all ? "all" : ids.map(Number), { platform });
      const { revoked, added } = done;
      const at = new Date(done.at).toISOString();
      const next = added === undefined ? "the key that signs stays" : `key ${added} was made and signs from now on`;
      const what = `revoked ${revoked.length === 1 ? "key" : "keys"} ${revoked.join(", ")} in ${file}; ${next}`;
      const effect = `Within 3 seconds every process that reads the file refuses each session that had opened by ${at}`;
      print(io, json, { file, revoked, added, at }, `${what}.\n${effect}`);
    });

  keys
    .command("ls <file>")
    .description("list the keys, without their secrets")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  $ sallyport keys ls keys.json")
    .action((file: string, { json }: JsonOption) => {
      const ring = keyFile(file, { platform });
      const signing = openKeys(ring, platform).signing().id;
      const iso = (at: number): string => new Date(at).toISOString();
      const list = [
        ...ring.load().map(({ id, signsFrom }) => ({
          id,
          signsFrom: iso(signsFrom),
          state: id === signing ? "signs" : signsFrom > platform.now() ? "waits" : "verifies",
        })),
        ...(ring.revoked?.() ?? []).map(({ id, at }) => ({ id, revokedAt: iso(at), state: "revoked" })),
      ];
      const rows = list.map((key) => [
        String(key.id),
        "signsFrom" in key ? key.signsFrom : "",
        key.state + ("revokedAt" in key ? ` at ${key.revokedAt}` : ""),
      ]);
      print(io, json, { file, keys: list }, toTable(["ID", "SIGNS FROM", "STATE"], rows));
    });
}
