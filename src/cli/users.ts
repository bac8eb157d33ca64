import { existsSync } from "node:fs";
import { type Command, Option } from "commander";
import { AuthError } from "../base/errors.js";
import { readRegularFile } from "../base/read-regular-file.js";
import { addUser, changeUser, removeUser, requireUser, withUser } from "../handlers/password/edit.js";
import { hashPassword } from "../handlers/password/hash.js";
import { parseUserFile, type UserEntry } from "../handlers/password/user-file-format.js";
import { type CliIo, exitCodes, print, toTable } from "./io.js";
import { configOption } from "./options.js";
import { readPassword } from "./read-password.js";

interface Where {
  readonly file?: string;
  readonly config: string;
  readonly json?: boolean;
}

interface AddOptions extends Where {
  readonly roles?: string;
  readonly create?: boolean;
}

const afterwards = "A running gateway takes the edit a second later; live sessions";

/** Stands for the hash before the password is asked for. */
const noHash = `$argon2id$v=19$m=19456,t=2,p=1$${"A".repeat(22)}$${"A".repeat(43)}`;

export function addUsers(program: Command, io: CliIo): void {
  const { platform } = io;
  const users = program.command("users").description("people with a password, in a user file");

  const command = (usage: string, description: string, help: string): Command =>
    users
      .command(usage)
      .description(description)
      .option("--file <file>", "the user file (default: the one that the configuration names)")
      .addOption(configOption())
      .option("--json", "as JSON")
      .addHelpText("after", `\n${help}`);

  command(
    "add <name>",
    "add a user; the password is asked for, or read from a pipe",
    `The password is never an argument: arguments are in the shell's history and in the list of processes. Other lines, comments,
mode and owner of the file stay. A file that the configuration names is made when it is not there.

Examples:
  $ sallyport users add ada --roles user,admin
  $ printf %s "$PASSWORD" | sallyport users add bob --file users.txt --create`,
  )
    .addOption(new Option("--roles <roles>", "the roles, separated by commas").default("", "none"))
    .option("--create", "make the file, with mode 0600, when it is not there")
    .action(async (name: string, { roles = "", create = false, ...where }: AddOptions, command: Command) => {
      const file = await find(where, command, io);
      const list = roles.split(",").filter((role) => role !== "");
      const user = { name, hash: noHash, roles: list, disabled: false };
      // All that can be refused is refused before a password is typed.
      const text = read(file);
      const mayCreate = create || where.file === undefined;
      if (text === undefined && !mayCreate) refuseMissing(file, "make it with --create");
      withUser(text ?? "", file, user);
      addUser(file, { ...user, hash: await hashPassword(await readPassword(io)) }, mayCreate, platform);
      if (text === undefined && where.json !== true) {
        io.err(`made ${file}, with mode 0600: the user that runs the gateway must be its owner\n`);
      }
      print(io, where.json, { file, ...toListed(user) }, `added ${name} to ${file}${rolesText(list)}`);
    });

  command(
    "passwd <name>",
    "give a user another password; it is asked for, or read from a pipe",
    `${afterwards} that the old password opened end within 3 s. A disabled
user stays disabled.

Examples:
  $ sallyport users passwd ada
  $ printf %s "$PASSWORD" | sallyport users passwd ada --file users.txt`,
  ).action(async (name: string, where: Where, command: Command) => {
    const file = await find(where, command, io);
    requireUser(required(file), file, name);
    const hash = await hashPassword(await readPassword(io));
    const { after } = changeUser(file, name, { hash }, platform);
    const rest = after.disabled ? "; the user is disabled still" : "";
    print(io, where.json, { file, ...toListed(after) }, `${after.name} in ${file} has a new password${rest}`);
  });

  for (const disabled of [true, false]) {
    const [verb, done] = disabled ? ["disable", "disabled"] : ["enable", "enabled"];
    command(
      `${verb} <name>`,
      disabled ? "refuse a user from now on; password and roles stay in the file" : "let a disabled user in again",
      `${disabled ? `${afterwards} of the user end within 3 s.` : "The password is the one before. A running gateway takes the edit a second later."}

Example:
  $ sallyport users ${verb} ada`,
    ).action(async (name: string, where: Where, command: Command) => {
      const file = await find(where, command, io);
      required(file);
      const { before, after } = changeUser(file, name, { disabled }, platform);
      const text = before.disabled === disabled ? `is ${done} already` : `is ${done}`;
      print(io, where.json, { file, ...toListed(after) }, `${after.name} in ${file} ${text}`);
    });
  }

  command(
    "rm <name>",
    "remove a user from the file",
    `${afterwards} of the user end within 3 s. The last user of a file cannot be removed, but
disabled: a gateway does not take a file without a user, and would go on with the one before.

Example:
  $ sallyport users rm ada`,
  ).action(async (name: string, where: Where, command: Command) => {
    const file = await find(where, command, io);
    required(file);
    const removed = removeUser(file, name, platform);
    print(io, where.json, { file, ...toListed(removed) }, `removed ${removed.name} from ${file}`);
  });

  command("ls", "list the users: names, roles, state; never a hash", "Example:\n  $ sallyport users ls").action(
    async (where: Where, command: Command) => {
      const file = await find(where, command, io);
      const list = [...parseUserFile(required(file), file).values()].map(toListed);
      const rows = list.map(({ name, roles, disabled }) => [name, roles.join(","), disabled ? "disabled" : "good"]);
      print(io, where.json, { file, users: list }, toTable(["NAME", "ROLES", "STATE"], rows));
    },
  );
}

/** Returns the path of the user file: that of `--file`, or the one that the configuration names. */
async function find({ file, config }: Where, command: Command, io: CliIo): Promise<string> {
  const source = command.getOptionValueSource("config");
  if (file === undefined) {
    if (source === "default" && !existsSync(config)) {
      refuseMissing(config, "name the user file with --file, or the configuration that names it with --config");
    }
    const { userFileOf } = await import("../gateway/run/user-file-of.js");
    return userFileOf(config, io.environment);
  }
  if (source === "cli") {
    command.error("error: give one of --file and --config", { exitCode: exitCodes.usage });
  }
  return file;
}

function read(file: string): string | undefined {
  const found = readRegularFile(file);
  if ("bytes" in found) return new TextDecoder().decode(found.bytes);
  if (found.code === "ENOENT") return undefined;
  throw new AuthError("invalid_options", found.fault);
}

function required(file: string): string {
  return read(file) ?? refuseMissing(file, "make it with: sallyport users add NAME --create");
}

function refuseMissing(file: string, remedy: string): never {
  throw new AuthError("invalid_options", `there is no file ${file}; ${remedy}`);
}

const toListed = ({ name, roles, disabled }: Pick<UserEntry, "name" | "roles" | "disabled">) => ({
  name,
  roles,
  disabled,
});

const rolesText = (roles: readonly string[]): string =>
  roles.length === 0 ? ", without roles" : `, with the roles ${roles.join(", ")}`;
