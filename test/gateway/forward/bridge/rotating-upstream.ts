import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { TestContext } from "node:test";

export const upstreamSecret = "s3cret-of-the-upstream";

/** What the upstream got of a request. */
export interface Got {
  readonly method: string;
  readonly path: string;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** An upstream that opens a session for its key, and gives the next token with every `rotateEvery`th call of a session. */
export class RotatingUpstream {
  url = "";
  rotateEvery = 1;
  logIns = 0;
  logOuts = 0;
  /** Calls with a token that is not good. */
  refused = 0;
  /** All log-ins fail with this status; 0: none does. */
  broken = 0;
  /** Its own 401 for the path `/forbidden`, whatever the token. */
  readonly got: Got[] = [];
  /** Every token that was given away. */
  readonly given: Set<string> = new Set();
  readonly #sessions = new Map<string, { calls: number; newest: string }>();
  readonly #bySession = new Map<string, string>();

  /** It restarts: no token is good any more. */
  forget(): void {
    this.#sessions.clear();
    this.#bySession.clear();
  }

  readonly #waiting = new Set<() => void>();

  /** Settles when there were so many log-ins. */
  loggedIn(count: number): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.logIns >= count) resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** The sessions that are open. */
  get open(): number {
    return this.#sessions.size;
  }

  async listen(t: TestContext): Promise<void> {
    const server = createServer((request, response) => void this.#answer(request, response));
    server.on("upgrade", (request, socket) => {
      const { authorization = "" } = request.headers;
      const session = this.#sessionOf(authorization);
      if (session === undefined) {
        this.refused += 1;
        socket.end("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n");
        return;
      }
      const token = this.#give(session);
      const fields = `authorization: Bearer ${token}\r\nx-debug-token: ${token}\r\nx-session: ${session}`;
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n${fields}\r\n\r\n`,
      );
      socket.pipe(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    t.after(() => {
      server.close();
      server.closeAllConnections();
    });
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  #give(session: string): string {
    const token = createHash("sha256").update(`${this.url} ${this.given.size}`).digest("hex");
    this.given.add(token);
    this.#bySession.set(token, session);
    const before = this.#sessions.get(session);
    this.#sessions.set(session, { calls: before?.calls ?? 0, newest: token });
    return token;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url: path = "", rawHeaders, headers } = request;
    const { authorization = "" } = headers;
    if (path === "/early" && this.#sessionOf(authorization) === undefined) return this.#refuse(response);
    const body = await text(request);
    this.got.push({ method, path, rawHeaders, body });
    if (authorization === `Key ${upstreamSecret}`) {
      if (this.broken !== 0) return void response.writeHead(this.broken).end();
      this.logIns += 1;
      for (const look of this.#waiting) look();
      return void response.writeHead(200, { authorization: `Bearer ${this.#give(`session ${this.logIns}`)}` }).end();
    }
    const session = this.#sessionOf(authorization);
    const state = session === undefined ? undefined : this.#sessions.get(session);
    if (session === undefined || state === undefined) return this.#refuse(response);
    if (path === "/forbidden") return this.#refuse(response);
    if (path === "/log-out") {
      this.logOuts += 1;
      this.#sessions.delete(session);
      return void response.end();
    }
    state.calls += 1;
    const newest = state.calls % this.rotateEvery === 0 ? this.#give(session) : state.newest;
    response.setHeader("authorization", `Bearer ${newest}`);
    // As a server does that also keeps it in a cookie, and one that tells too much.
    response.setHeader("set-cookie", [`session=${newest}`, "theme=dark"]);
    response.setHeader("x-debug-token", newest);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ method, path, session, body, headers: { ...headers, authorization: undefined } }));
  }

  #sessionOf(authorization: string): string | undefined {
    const session = this.#bySession.get(authorization.replace(/^Bearer /, ""));
    return session !== undefined && this.#sessions.has(session) ? session : undefined;
  }

  #refuse(response: ServerResponse): void {
    this.refused += 1;
    response.writeHead(401, { "www-authenticate": "Key" }).end("not you");
  }
}
