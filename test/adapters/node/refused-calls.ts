import { once } from "node:events";
import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import { connect, createServer, type Server } from "node:net";
import { buffer } from "node:stream/consumers";
import { setImmediate as turn } from "node:timers/promises";
import { Client, credentials, Metadata, status } from "@grpc/grpc-js";
import type { Auth } from "../../../src/engine/auth.js";
import type { Identity } from "../../../src/model/identity.js";
import { createScriptedAuth } from "../../../src/testing/adapter/scripted-auth.js";

/** Decides as a script says, and not before the message of a call is in. */
export function createLateAuth(): Auth<Identity> {
  const auth = createScriptedAuth();
  return {
    ...auth,
    async authenticate(request, options) {
      for (let count = 0; count < 20; count++) await turn();
      return await auth.authenticate(request, options);
    },
  };
}

const same = (bytes: Buffer) => bytes;

/** Makes `count` gRPC calls at once on one channel, with this `Authorization`, and returns how many ended how. */
export async function endsOfCalls(origin: string, count: number, authorization: string): Promise<object> {
  const client = new Client(new URL(origin).host, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set("authorization", authorization);
  const call = () =>
    new Promise<string>((resolve) => {
      client.makeUnaryRequest("/test.v1.EchoService/Say", same, same, Buffer.from("x"), metadata, {}, (error) =>
        resolve(error === null ? "OK" : (status[error.code] ?? "")),
      );
    });
  const ends: Record<string, number> = {};
  for (const end of await Promise.all(Array.from({ length: count }, call))) ends[end] = (ends[end] ?? 0) + 1;
  client.close();
  return ends;
}

/** POSTs a short body `count` times on one connection, `width` at a time, and returns how many answers had which status. */
export async function statusesOf(
  session: ClientHttp2Session,
  count: number,
  width: number,
  path = "/",
  body: Uint8Array = Buffer.from("hello"),
): Promise<object> {
  const statuses: Record<string, number> = {};
  let left = count;
  const post = async () => {
    for (; left > 0; ) {
      left -= 1;
      const stream = session.request({ ":method": "POST", ":path": path });
      // Until then it is one of those that are open: the answer may be there before the body has left.
      const closed = new Promise((resolve) => stream.on("close", resolve));
      stream.end(body);
      const said = String((await answerOf(stream).catch((error) => ({ status: error.code }))).status);
      await closed;
      statuses[said] = (statuses[said] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: width }, post));
  return statuses;
}

/** Head and body of an answer. Node does not tell whether END_STREAM came, or a reset with NO_ERROR in its place. */
export async function answerOf(stream: ClientHttp2Stream): Promise<{ readonly status: number; readonly body: string }> {
  let status = 0;
  stream.on("response", (headers) => {
    status = headers[":status"] ?? 0;
  });
  return { body: String(await buffer(stream)), status };
}

export interface Talk {
  /** What comes back for it. */
  say(word: string): Promise<string>;
  end(): void;
}

/** A call that is let in and goes on, to a server that echoes. */
export function openTalk(session: ClientHttp2Session, authorization: string): Talk {
  const stream = session.request({ ":method": "POST", ":path": "/", authorization });
  return {
    async say(word: string): Promise<string> {
      stream.write(word);
      const [chunk] = (await once(stream, "data")) as [Buffer];
      return String(chunk);
    },
    end: () => void stream.end(),
  };
}

/** Passes bytes to `origin` and back, and notes for each stream how the server ended it: its last frames in order. */
export function createRelay(origin: string, endings: Map<number, string>): Server {
  return createServer((near) => {
    const far = connect(Number(new URL(origin).port), "127.0.0.1");
    let held = Buffer.alloc(0);
    far.on("data", (chunk) => {
      held = Buffer.concat([held, chunk]);
      while (held.length >= 9 && held.length >= 9 + held.readUIntBE(0, 3)) {
        const end = 9 + held.readUIntBE(0, 3);
        const [type, flags, stream] = [held[3] ?? 0, held[4] ?? 0, held.readUInt32BE(5)];
        const ending =
          type <= 1 && (flags & 1) === 1 ? "END_STREAM " : type === 3 ? `RST_STREAM ${held.readUInt32BE(9)} ` : "";
        if (ending !== "") endings.set(stream, (endings.get(stream) ?? "") + ending);
        held = held.subarray(end);
      }
    });
    near.pipe(far).pipe(near);
    near.on("error", () => undefined).on("close", () => far.destroy());
    far.on("error", () => undefined).on("close", () => near.destroy());
  });
}
