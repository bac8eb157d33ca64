import type { Command } from "commander";
import type { StopPatience } from "../gateway/run/gateway.js";
import type { Served } from "../gateway/run/serve-file.js";
import type { CliIo } from "./io.js";
import { configOption } from "./options.js";

export function addServe(program: Command, io: CliIo): void {
  program
    .command("serve")
    .description("run the gateway")
    .addOption(configOption())
    .addHelpText(
      "after",
      `
It reads the configuration again when the file changes and on SIGHUP, without touching a connection; if the new one is
faulty, the one before stays and the faults are logged.

SIGTERM and Ctrl-C let calls under way finish, for limits.stopTimeout at most; SIGTERM takes requests for limits.stopDelay
before. A second signal ends them at once.

Example:
  $ sallyport serve --config gate.yaml`,
    )
    .action(async ({ config: file }: { config: string }) => {
      const { serveFile } = await import("../gateway/run/serve-file.js");
      const { toAddressText } = await import("../gateway/config/address.js");
      let served: Served | undefined;
      let times = 0;
      const asked = new Promise<StopPatience>((resolve) => {
        io.onStopAsked((signal) => {
          times += 1;
          if (times === 1) resolve(signal === "SIGINT" ? "no-delay" : "all");
          else void served?.stop("none");
        });
      });
      const { environment, platform } = io;
      served = await serveFile(file, { environment, platform, onReloadAsked: io.onReloadAsked });
      io.err(`sallyport: listening on ${served.gateway.addresses().map(toAddressText).join(", ")}\n`);
      const patience = await asked;
      io.err("sallyport: stopping; a second signal ends the calls under way at once\n");
      // The second one may have come while it was starting.
      await served.stop(times > 1 ? "none" : patience);
    });
}
