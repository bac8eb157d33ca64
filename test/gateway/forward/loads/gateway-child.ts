// A gateway in a process of its own: `gateway-child.js <configuration file>`. It says its port, and its memory when asked.
import { pino } from "pino";
import { loadConfig, startGateway } from "sallyport/gateway";

/** Memory is looked at this often, in milliseconds: a peak that is over by the time of the question counts as well. */
const lookMs = 20;

const log = pino({ level: "info" }, { write: () => {} });
const gateway = await startGateway(loadConfig(process.argv[2] ?? ""), { log });
let peak = 0;
const look = (): void => {
  peak = Math.max(peak, process.memoryUsage.rss());
};
setInterval(look, lookMs);

process.on("message", () => {
  look();
  process.send?.({ rss: process.memoryUsage.rss(), peak });
  peak = 0;
});
process.on("disconnect", () => process.exit(0));
process.send?.({ port: gateway.addresses()[0]?.port });
