import type { Command } from "commander";
import { type CliIo, print } from "./io.js";
import { withRunning } from "./open-running.js";
import { configOption } from "./options.js";

interface ResetOptions {
  readonly config: string;
  readonly account: string;
  readonly json?: boolean;
}

export function addThrottle(program: Command, io: CliIo): void {
  const throttle = program.command("throttle").description("failed log-ins, as all nodes count them");

  throttle
    .command("reset")
    .description("forget the failures of an account: its password is accepted again at once")
    .addOption(configOption())
    .requiredOption("--account <name>", "the name, as typed at log-in; its spelling does not matter")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  $ sallyport throttle reset --account ada")
    .action(({ config, account, json }: ResetOptions) =>
      withRunning(config, io, async (opened) => {
        const reset = await opened.throttle.reset(account);
        print(io, json, { reset }, reset ? `the failures of ${account} are forgotten` : `${account} had no failures`);
      }),
    );
}
