import type { Command } from "commander";
import { type CliIo, exitCodes, print } from "./io.js";
import { configOption } from "./options.js";

export function addCheck(program: Command, io: CliIo, setExitCode: (code: number) => void): void {
  program
    .command("check")
    .description("check a configuration, and the files it names, without starting anything")
    .addOption(configOption())
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      `
Every fault comes with its line and what to do about it; a running gateway reads the file the same way. What is valid and
does nothing, such as a role that no account has, or does less than it seems to, such as sessions that outlive a disabled
account, is a warning, and the exit code is 0.

Example:
  $ sallyport check --config gate.yaml
  gate.yaml:12:3: routes[0].upstream "ap" is not defined; did you mean "app"?`,
    )
    .action(async ({ config: file, json }: { config: string; json?: boolean }) => {
      const { parseConfig, readConfigFile } = await import("../gateway/config/parse-config.js");
      const { toFaultText } = await import("../gateway/config/document.js");
      const text = readConfigFile(file);
      const parsed = parseConfig(text, { file, environment: io.environment });
      if (parsed.kind === "config") {
        const { routes, upstreams, handlers } = parsed.config;
        const counts = { routes: routes.length, upstreams: upstreams.size, handlers: handlers.length };
        const summary = `${file} is fine (handlers: ${counts.handlers}, routes: ${counts.routes}, upstreams: ${counts.upstreams})`;
        const { warnings } = parsed;
        if (json !== true) for (const warning of warnings) io.err(`${toFaultText(warning)} (a warning)\n`);
        print(io, json, { ok: true, ...counts, warnings }, summary);
        return;
      }
      setExitCode(exitCodes.failure);
      const { faults } = parsed;
      if (json === true) print(io, true, { ok: false, faults }, "");
      else io.err(`${faults.map(toFaultText).join("\n")}\n`);
    });
}
