import type { Command } from "commander";
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
faulty, the one before stays and the faults are logged. SIGTERM and Ctrl-C let calls under way finish.

Example:
  $ sallyport serve --config gate.yaml`,
    )
    .action(async ({ config: file }: { config: string }) => {
      const { serveFile } = await import("../gateway/run/serve-file.js");
      const { toAddressText } = await import("../gateway/config/address.js");
      const stopAsked = io.stopAsked();
      const { environment, platform } = io;
      const served = await serveFile(file, { environment, platform, onReloadAsked: io.onReloadAsked });
      io.err(`sallyport: listening on ${served.gateway.addresses().map(toAddressText).join(", ")}\n`);
      await stopAsked;
      await served.stop();
    });
}
