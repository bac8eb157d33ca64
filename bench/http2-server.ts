// A process that answers Arrow Flight's log-in over HTTP/2: `http2-server.js <name>`.
import { randomUUID } from "node:crypto";
import { createServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import type { AddressInfo } from "node:net";
import { grpcAuth } from "../src/adapters/grpc/grpc.js";
import { createAuth } from "../src/engine/auth.js";
import { basic } from "../src/handlers/password/basic.js";
import { flightServices } from "../src/services/flight/flight.js";
import { memory } from "../src/stores/memory/memory.js";
import { basicAuthorization, counted, isAda } from "./engine.js";
import { serveAsks } from "./messages.js";
import type { Http2Name } from "./rows.js";

const [, , name] = process.argv as (string | undefined)[] as [string, string, Http2Name];
const counts = { reads: 0, writes: 0, checks: 0 };

const server = createServer(name === "flight" ? createDoor() : answer);
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  serveAsks({ port, authorizations: [basicAuthorization] }, counts, async () => {});
});

/** The least that a client takes for a log-in: a random token in the header block, and trailers. */
function answer(_request: Http2ServerRequest, response: Http2ServerResponse): void {
  response.setHeader("content-type", "application/grpc");
  response.setHeader("authorization", `Bearer ${randomUUID()}`);
  response.addTrailers({ "grpc-status": "0" });
  response.end();
}

/** Every call opens a session, which is kept as long as those of 1,000 later ones of this user. */
function createDoor() {
  const auth = createAuth({
    handlers: [
      basic({
        verify(user, password) {
          counts.checks += 1;
          return isAda(user, password);
        },
      }),
    ],
    store: counted(memory(), counts),
  });
  return grpcAuth(auth, [...flightServices(auth)]);
}
