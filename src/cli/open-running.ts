import type { openForCli as OpenForCli } from "../gateway/run/open-for-cli.js";
import type { CliIo } from "./io.js";

/** Opens the store of a configuration beside the gateway that may be running, for as long as `use` takes. */
export async function withRunning(
  config: string,
  io: CliIo,
  use: (opened: ReturnType<typeof OpenForCli>) => Promise<void>,
): Promise<void> {
  const { loadConfig } = await import("../gateway/config/parse-config.js");
  const { openForCli } = await import("../gateway/run/open-for-cli.js");
  const opened = openForCli(loadConfig(config, io.environment), io.platform);
  try {
    await use(opened);
  } finally {
    await opened.close();
  }
}
