import type { Command } from "commander";
import { type CliIo, exitCodes, print, toColumns } from "./io.js";
import { configOption } from "./options.js";

interface CheckOptions {
  readonly config: string;
  readonly connect?: boolean;
  readonly json?: boolean;
}

export function addCheck(program: Command, io: CliIo, setExitCode: (code: number) => void): void {
  program
    .command("check")
    .description("check a configuration, and the files it names, without starting anything")
    .addOption(configOption())
    .option("--connect", "also reach for upstreams, providers, directory and store, for 5 s each at most")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      `
Every fault comes with its line and what to do about it; a running gateway reads the file the same way. What is valid and
does nothing, such as a role that no account has, or does less than it seems to, such as sessions that outlive a disabled
account, is a warning, and the exit code is 0.

With --connect a line says of each thing that the gateway depends on whether it is ok, a warning or a fault, and what to do: upstreams
and their protocol, OpenID providers and key sets, directory, store, the days that certificates have left, the clock, the modes of
keys. Nothing is made or changed; an upstream gets HEAD /, and its health check. The exit code is 1 when there is a fault.

Examples:
  $ sallyport check --config gate.yaml
  gate.yaml:12:3: routes[0].upstream "ap" is not defined; did you mean "app"?
  $ sallyport check --connect
  fault    upstreams.app  127.0.0.1:3000 refused the connection`,
    )
    .action(async ({ config: file, connect = false, json }: CheckOptions) => {
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
        if (!connect) return print(io, json, { ok: true, ...counts, warnings }, summary);
        const { checkConnections } = await import("../gateway/run/probe/check-connections.js");
        const findings = await checkConnections(parsed.config, io.platform);
        const ok = findings.every(({ verdict }) => verdict !== "fault");
        if (!ok) setExitCode(exitCodes.failure);
        const rows = findings.map(({ verdict, what, detail }) => [verdict, what, detail]);
        print(io, json, { ok, ...counts, warnings, findings }, `${summary}\n${toColumns(rows)}`);
        return;
      }
      setExitCode(exitCodes.failure);
      const { faults } = parsed;
      if (json === true) print(io, true, { ok: false, faults }, "");
      else io.err(`${faults.map(toFaultText).join("\n")}\n`);
    });
}
