import type { Command } from "commander";
import { AuthError } from "../base/errors.js";
import { type CliIo, print } from "./io.js";

interface HashPasswordOptions {
  readonly user?: string;
  readonly roles?: string;
  readonly json?: boolean;
}

export function addHashPassword(program: Command, io: CliIo): void {
  program
    .command("hash-password")
    .description("hash a password for a user file (argon2id); it is asked for, or read from a pipe")
    .option("--user <name>", "print the whole line of a user file")
    .option("--roles <roles>", "with --user: its roles, separated by commas", "")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      `
The password is never an argument: arguments are in the shell's history and in the list of processes.

Examples:
  $ sallyport hash-password --user ada --roles user,admin >> users.txt
  $ printf %s "$PASSWORD" | sallyport hash-password`,
    )
    .action(async ({ user, roles = "", json }: HashPasswordOptions) => {
      const { hashPassword } = await import("../handlers/password/hash.js");
      const { parseUserFile } = await import("../handlers/password/user-file-format.js");
      const { readPassword } = await import("./read-password.js");
      // Asked before the password is typed.
      if (user?.includes(":") || roles.includes(":")) {
        throw new AuthError(
          "invalid_options",
          "--user and --roles must hold no colon, which separates the fields of a line",
        );
      }
      const hash = await hashPassword(await readPassword(io));
      const line = user === undefined ? hash : `${user}:${hash}:${roles}`;
      if (user !== undefined) parseUserFile(line, "--user and --roles");
      print(io, json, { hash, line: user === undefined ? undefined : line }, line);
    });
}
