import { createServer, request as request1 } from "node:http";
import { connect, createServer as createHttp2Server } from "node:http2";
import { test } from "node:test";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { connectAuth } from "../../src/adapters/connect.js";
import { authRoutes } from "../../src/services/auth/auth-service.js";
import { createEngine, listen } from "../services/server.js";
import { hangMs } from "../size.js";

const path = "/sallyport.v1.AuthService/LogIn";
const headers = { "content-type": "application/json", "content-length": "1000" };

for (const version of [1, 2] as const) {
  test(`HTTP/${version}: a log-in whose body does not come is cut off`, { timeout: hangMs }, async () => {
    const { auth, platform, advance } = createEngine();
    let arrived = () => {};
    const hasArrived = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const door = connectAuth(auth, connectNodeAdapter, { routes: authRoutes(auth), platform });
    const listener: typeof door = (request, response) => {
      door(request, response);
      arrived();
    };
    const server = await listen(version === 1 ? createServer(listener) : createHttp2Server(listener));
    const session = version === 2 ? connect(server.origin) : undefined;
    try {
      const call =
        session?.request({ ":method": "POST", ":path": path, ...headers }) ??
        request1(server.origin + path, { method: "POST", headers });
      const over = new Promise((resolve) => call.on("error", resolve).on("close", resolve));
      call.write("{");
      await hasArrived;
      advance(10_000);
      await over;
    } finally {
      session?.destroy();
      await server.close();
      await auth.close();
    }
  });
}
