// `npm start`: makes the clone ready and runs examples/demo.ts. What is wrong with PORT is said before the build.
import { createServer } from "node:net";

const text = process.env.PORT ?? "8080";
const port = Number(text);
if (!/^\d+$/.test(text) || port > 65_535) {
  stop(`PORT is a number from 0 to 65535, not ${JSON.stringify(text)}. Try: PORT=8081 npm start`);
}
const fault = await new Promise((resolve) => {
  const server = createServer();
  server.on("error", resolve);
  server.listen(port, "127.0.0.1", () => server.close(() => resolve(undefined)));
});
if (fault?.code === "EADDRINUSE") stop(`Port ${port} is taken. Try: PORT=${port === 8081 ? 8082 : 8081} npm start`);
if (fault?.code === "EACCES") stop(`Port ${port} is only for root. Try: PORT=8081 npm start`);
if (fault !== undefined) stop(fault.message);

const parent = process.ppid;
await import("./setup.mjs");
const { systemPlatform } = await import("../dist/src/base/platform.js");
const { onNpmEnded } = await import("../dist/src/cli/npm-parent.js");
await import("../dist/examples/demo.js");
// npm passes no signal on: a `kill` of it would leave the gateway behind.
if (process.env.npm_command && process.ppid !== parent) process.kill(process.pid, "SIGTERM");
onNpmEnded(() => process.kill(process.pid, "SIGTERM"), { environment: process.env, platform: systemPlatform });

function stop(message) {
  console.error(message);
  process.exit(1);
}
