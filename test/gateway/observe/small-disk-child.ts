// A gateway in a process of its own: `small-disk-child.js <configuration file>`. It says its ports, its log line by line, and
// turns its clock by the milliseconds that it is sent.
import { pino } from "pino";
import { loadConfig, startGateway } from "sallyport/gateway";
import { systemPlatform } from "../../../src/base/platform.js";

let aheadMs = 0;
const platform = {
  ...systemPlatform,
  now: () => systemPlatform.now() + aheadMs,
  monotonic: () => systemPlatform.monotonic() + aheadMs,
};
const log = pino({ level: "info" }, { write: (line: string) => process.send?.({ line: JSON.parse(line) }) });
const gateway = await startGateway(loadConfig(process.argv[2] ?? ""), { log, platform });
process.on("message", (ms: number) => {
  aheadMs += ms;
  process.send?.({ aheadMs });
});
process.on("disconnect", () => process.exit(0));
process.send?.({ port: gateway.addresses()[0]?.port, adminPort: gateway.adminAddress()?.port });
