import { Command, CommanderError } from "commander";
import { addApiKeys } from "./api-keys.js";
import { addCheck } from "./check.js";
import { addExplain } from "./explain.js";
import { addHashPassword } from "./hash-password.js";
import { type CliIo, exitCodes, toErrorText } from "./io.js";
import { addKeygen } from "./keygen.js";
import { addKeys } from "./keys.js";
import { addServe } from "./serve.js";
import { addSessions } from "./sessions.js";
import { addThrottle } from "./throttle.js";
import { addUsers } from "./users.js";
import { addVersion, version } from "./version.js";

const intro = `The authentication door for Connect, gRPC and HTTP services, as one process in front of them.`;

const teach = `
First time:
  $ sallyport keys init keys.json                        # what signs tokens
  $ sallyport users add ada --roles user --file users.txt --create
  $ sallyport check --config gate.yaml                   # every fault with its line and what to do
  $ sallyport serve --config gate.yaml

Exit codes: 0 done, 1 failed (the reason is on standard error), 2 wrong usage.
The configuration is described in docs/configuration.md.`;

/** Names the optional peers of the gateway, which users of the library may not need. A command loads what it uses when it runs. */
const missingPeers = `This command needs packages that are not installed. Run:
  npm install @bufbuild/protobuf @connectrpc/connect@2 @connectrpc/connect-node@2 @photostructure/sqlite@1
`;

function isMissingPackage(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === "ERR_MODULE_NOT_FOUND";
}

/** Makes the command line. Every command is a library call; this code reads arguments and prints results. */
export function createProgram(io: CliIo, setExitCode: (code: number) => void): Command {
  const program = new Command("sallyport")
    .description(intro)
    .version(version(), "-V, --version", "print the version")
    .addHelpText("after", teach)
    .showHelpAfterError("(run with --help to see how it is used)")
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err });
  for (const add of [
    addServe,
    addCheck,
    addExplain,
    addUsers,
    addHashPassword,
    addApiKeys,
    addKeygen,
    addKeys,
    addSessions,
    addThrottle,
    addVersion,
  ]) {
    add(program, io, setExitCode);
  }
  for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)]) {
    command.copyInheritedSettings(program).configureHelp({ sortSubcommands: false });
  }
  return program;
}

/**
 * Runs a command.
 *
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage
 */
export async function run(args: readonly string[], io: CliIo): Promise<number> {
  let exitCode: number = exitCodes.ok;
  const program = createProgram(io, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help that was asked for is success; help that is shown because of wrong usage is not.
      return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    }
    io.err(isMissingPackage(error) ? missingPeers : `sallyport: ${toErrorText(error)}\n`);
    return exitCodes.failure;
  }
}
