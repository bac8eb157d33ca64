// What stands behind a proxy of gRPC under measure, over h2c: `grpc-upstream.js <identified | plain>`. Its CPU time is not
// counted.
import { createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { grpcMessage, streamMessages } from "./grpc-load.js";

const isIdentified = process.argv[2] === "identified";

const server = createServer();
server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
  stream.on("error", () => {});
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  // 16: unauthenticated. A gateway that says nobody is calling, or hands on the credential, is none: the row fails.
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": isExpected(headers) ? "0" : "16" }));
  stream
    .on("data", () => {})
    .on("end", () => answer(stream, headers[":path"] === "/bench/stream" ? streamMessages : 1));
});
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
process.on("disconnect", () => process.exit(0));

/** A message in each turn of the event loop, as they are made: each is a frame of its own. */
function answer(stream: ServerHttp2Stream, messages: number): void {
  if (messages === 1) {
    stream.end(grpcMessage);
    return;
  }
  const next = (): void => answer(stream, messages - 1);
  if (stream.write(grpcMessage)) setImmediate(next);
  else stream.once("drain", next);
}

function isExpected({ authorization, "x-sallyport-subject": subject }: IncomingHttpHeaders): boolean {
  return isIdentified ? subject === "ada" && authorization === undefined : subject === undefined;
}
