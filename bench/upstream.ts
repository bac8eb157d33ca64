// What stands behind a proxy under measure: `upstream.js <identified | plain>`. Its CPU time is not counted.
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

const isIdentified = process.argv[2] === "identified";
const body = JSON.stringify({ hello: "world" });
const headers = { "content-type": "application/json; charset=utf-8", "content-length": body.length };

/** Anything but 200 fails the row: a gateway that says nobody is calling, or hands on the credential, is none. */
const server = createServer((request, response) => {
  response.writeHead(isExpected(request) ? 200 : 500, headers).end(body);
});
// Kept connections wait while other rows have their turn.
server.keepAliveTimeout = 0;
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
process.on("disconnect", () => process.exit(0));

function isExpected({ headers: { authorization, "x-sallyport-subject": subject } }: IncomingMessage): boolean {
  return isIdentified ? subject === "ada" && authorization === undefined : subject === undefined;
}
