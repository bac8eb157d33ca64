import { createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { ConfigurationConstantsResponseSchema } from "../../../../src/gen/io/deephaven/proto/backplane/grpc/config_pb.js";

export const pskClass = "io.deephaven.authentication.psk.PskAuthenticationHandler";
export const upstreamKey = "the-key-that-all-share";

const backplane = "/io.deephaven.proto.backplane.grpc";

/** One message of gRPC with settings of the server's own. */
const constants = ((): Buffer => {
  const texts = { "java.version": "17.0.15", "http.session.durationMs": "300000" };
  const values = Object.entries(texts).map(
    ([name, value]) => [name, { kind: { case: "stringValue", value } }] as const,
  );
  const message = toBinary(
    ConfigurationConstantsResponseSchema,
    create(ConfigurationConstantsResponseSchema, { configValues: Object.fromEntries(values) }),
  );
  const framed = Buffer.alloc(5 + message.length);
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, 5);
  return framed;
})();

/** Answers as Deephaven Core does by its wire, without its tables: a new token with every answer, old ones stay good. */
export class DeephavenUpstream {
  url = "";
  logIns = 0;
  closed = 0;
  /** It takes log-ins, and answers none of them. */
  isSilent = false;
  /** Every token that was given away. */
  readonly given: Set<string> = new Set();
  /** What it got: fields and bodies. */
  readonly got: string[] = [];
  readonly #sessionOf = new Map<string, number>();

  stop: () => void = () => {};

  /** It restarts. */
  forget(): void {
    this.#sessionOf.clear();
  }

  async listen(t: TestContext): Promise<void> {
    const server = createServer();
    const sessions = new Set<{ destroy(): void }>();
    server.on("session", (session) => void sessions.add(session));
    server.on(
      "stream",
      (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, rawHeaders: string[]) => {
        this.got.push(JSON.stringify(rawHeaders));
        this.#answer(stream, headers);
      },
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.stop = () => {
      server.close();
      for (const session of sessions) session.destroy();
    };
    t.after(() => this.stop());
    this.url = `h2c://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  #give(session: number): string {
    const token = `00000000-0000-4000-8000-${String(this.given.size + 1).padStart(12, "0")}`;
    this.given.add(token);
    this.#sessionOf.set(token, session);
    return token;
  }

  #answer(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    stream.on("error", () => {});
    const { authorization = "", ":path": path = "" } = headers;
    let session = this.#sessionOf.get(authorization.replace(/^Bearer /, ""));
    if (authorization === `${pskClass} ${upstreamKey}`) {
      if (this.isSilent) return;
      this.logIns += 1;
      session = this.logIns;
    }
    if (session === undefined) {
      const fields = { ":status": 200, "content-type": "application/grpc", "grpc-status": "16" };
      stream.respond({ ...fields, "grpc-message": "Authentication details invalid" }, { endStream: true });
      return;
    }
    if (path === `${backplane}.SessionService/CloseSession`) {
      this.closed += 1;
      for (const [token, of] of this.#sessionOf) if (of === session) this.#sessionOf.delete(token);
    }
    const token = this.#give(session);
    stream.respond(
      {
        ":status": 200,
        "content-type": "application/grpc",
        authorization: `Bearer ${token}`,
        "x-session": String(session),
      },
      { waitForTrailers: true },
    );
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0", authorization: `Bearer ${token}` }));
    if (path === `${backplane}.ConfigService/GetConfigurationConstants`) {
      stream.resume().end(constants);
      return;
    }
    // Messages come back as they came, each at once.
    stream.on("data", (chunk: Buffer) => {
      this.got.push(chunk.toString("latin1"));
      stream.write(chunk);
    });
    stream.on("end", () => stream.end());
  }
}
