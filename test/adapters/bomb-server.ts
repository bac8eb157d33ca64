import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { create } from "@bufbuild/protobuf";
import { StringValueSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type ConnectRouter, type Interceptor } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { connectAuth } from "../../src/adapters/connect.js";
import { createScriptedAuth } from "../../src/testing/adapter/scripted-auth.js";
import { EchoService } from "./echo-service.js";

// A process of its own, since its memory is measured. Its one argument says where the door is.

const routes = (router: ConnectRouter) =>
  router.service(EchoService, { say: () => create(StringValueSchema, { value: "in" }) });

// As large as the package's own default: it is the door that must hold, not the limit.
const readMaxBytes = 0xffffffff;

const interceptor: Interceptor = () => async () => {
  throw new ConnectError("too late", Code.Unauthenticated);
};

const listener =
  process.argv[2] === "in front"
    ? connectAuth(createScriptedAuth(), connectNodeAdapter, { routes, readMaxBytes })
    : connectNodeAdapter({ routes, readMaxBytes, interceptors: [interceptor] });

let peak = 0;
function look(): number {
  const { rss } = process.memoryUsage();
  peak = Math.max(peak, rss);
  return rss;
}
setInterval(look, 1);

const server = createServer((request, response) => {
  look();
  response.on("finish", look);
  listener(request, response);
});
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));

process.on("message", (message) => {
  if (message === "begin") {
    peak = 0;
    process.send?.({ rss: look() });
  } else {
    look();
    process.send?.({ rss: peak });
  }
});
