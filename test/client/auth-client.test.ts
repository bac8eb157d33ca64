import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { inspect } from "node:util";
import { type Client, Code, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { AuthClient } from "../../src/client/auth-client.js";
import { AuthenticationFailedError } from "../../src/client/bearer/authentication-failed-error.js";
import { parseToken } from "../../src/client/bearer/token-holder.js";
import { AuthService } from "../../src/gen/sallyport/v1/auth_service_pb.js";
import { overlapMs, type Running, rotateAfterMs, start, stragglerMs } from "../services/server.js";
import { TalkService } from "../services/talk-service.js";
import { transportCases } from "../services/transports.js";
import { isFull } from "../size.js";

const text = (value: string) => ({ value });

async function* texts(...values: string[]) {
  for (const value of values) yield text(value);
}

async function collect(stream: AsyncIterable<{ value: string }>): Promise<string[]> {
  const all: string[] = [];
  for await (const { value } of stream) all.push(value);
  return all;
}

const cases = transportCases.flatMap((each) => [
  { ...each, bind: false },
  { ...each, name: `${each.name}, bound to a key`, bind: true },
]);

/** In the quick size one way by each version of HTTP. */
const chosen = isFull ? cases : cases.filter(({ name }) => ["Connect, HTTP/1", "gRPC, bound to a key"].includes(name));
assert.ok(isFull || chosen.length === 2);

for (const { name, version, clientStreams, create, bind } of chosen) {
  describe(`AuthClient over ${name}`, () => {
    let server: Running;
    let client: AuthClient;
    let talk: Client<typeof TalkService>;
    /** Runs once, after the token was put on a call and before the call is sent. */
    let beforeSending: (() => Promise<void>) | undefined;

    const hook: Interceptor = (next) => async (request) => {
      const run = beforeSending;
      beforeSending = undefined;
      await run?.();
      return next(request);
    };

    function connect(): AuthClient {
      return new AuthClient({
        baseUrl: server.origin,
        transport: ({ baseUrl, interceptors }) => create({ baseUrl, interceptors: [...interceptors, hook] }),
        keepAliveMs: 0,
        bind,
      });
    }

    function generation(): number {
      return parseToken(client.token ?? "")?.generation ?? 0;
    }

    /** The session is ended on the server, and the client does not know. */
    async function endSession(): Promise<void> {
      const { session } = await client.whoAmI();
      assert.equal(await server.auth.sessions.end(session?.ref ?? ""), true);
    }

    /** The next generation is turned to, confirmed, and long enough in use that the one before is superseded. */
    async function supersede(): Promise<void> {
      server.advance(rotateAfterMs);
      await client.ping();
      await client.ping();
      server.advance(overlapMs + stragglerMs / 2);
    }

    before(async () => {
      server = await start(version);
      client = connect();
      talk = createClient(TalkService, client.transport);
      const caller = await client.password("ada", "pass:word");
      assert.equal(caller?.identity?.subject, "ada");
      await client.ping(); // a token turns only after it was first presented
    });
    after(() => server.close());

    test("follows a token that rotates, through unary calls and streams, with one log-in", async () => {
      const checked = server.verified.count;
      const first = generation();
      for (let round = 0; round < 10; round++) {
        server.advance(rotateAfterMs);
        assert.equal((await talk.say(text("hi"))).value, "ada: hi");
        assert.deepEqual(await collect(talk.count(text("on"))), ["1", "2"]);
        server.advance(overlapMs + stragglerMs + 1);
      }
      assert.equal(generation(), first + 10);
      assert.equal(server.verified.count, checked);
    });

    test("takes the next token from the metadata of an error, and out of it", async () => {
      const before = generation();
      server.advance(rotateAfterMs);
      await assert.rejects(talk.say(text("fail")), (error) => {
        assert.ok(error instanceof ConnectError);
        assert.equal(error.code, Code.PermissionDenied);
        assert.doesNotMatch(inspect(error, { depth: 9 }), /sps_/);
        return true;
      });
      assert.equal(generation(), before + 1);
    });

    test("a call that was overtaken is repeated once with the newer token", async () => {
      const checked = server.verified.count;
      const before = server.calls.length;
      beforeSending = supersede;
      assert.equal((await talk.say(text("late"))).value, "ada: late");
      beforeSending = supersede;
      assert.deepEqual(await collect(talk.count(text("late"))), ["1", "2"]);
      assert.deepEqual(server.calls.slice(before), ["say late", "count late"]);
      assert.equal(server.verified.count, checked);
    });

    test("64 parallel calls that find the session ended cause one log-in, and all succeed", async () => {
      await endSession();
      const checked = server.verified.count;
      const answers = await Promise.all(Array.from({ length: 64 }, (_, i) => talk.say(text(String(i)))));
      assert.deepEqual(
        answers.map(({ value }) => value),
        Array.from({ length: 64 }, (_, i) => `ada: ${i}`),
      );
      assert.equal(server.verified.count, checked + 1);
    });

    test("a server stream is begun again after a log-in, as long as it has yielded nothing", async () => {
      await endSession();
      const checked = server.verified.count;
      let header: Headers | undefined;
      const onHeader = (headers: Headers) => {
        header = headers;
      };
      assert.deepEqual(await collect(talk.count(text("again"), { onHeader })), ["1", "2"]);
      assert.equal(server.verified.count, checked + 1);
      assert.ok(header);
      assert.equal(header.get("x-count"), "again", "the headers are those of the stream that was let in");
    });

    test("a server stream that has yielded is not repeated", async () => {
      const checked = server.verified.count;
      const before = server.calls.length;
      const seen: string[] = [];
      await assert.rejects(
        async () => {
          for await (const { value } of talk.count(text("fail"))) seen.push(value);
        },
        { code: Code.Unauthenticated },
      );
      assert.deepEqual(seen, ["1"]);
      assert.deepEqual(server.calls.slice(before), ["count fail"]);
      assert.equal(server.verified.count, checked);
    });

    if (clientStreams) {
      test("a client stream is never repeated, and the next one finds a new session", async () => {
        await endSession();
        const checked = server.verified.count;
        const before = server.calls.length;
        await assert.rejects(talk.gather(texts("a", "b")), { code: Code.Unauthenticated });
        assert.equal(server.verified.count, checked + 1);
        assert.deepEqual(server.calls.slice(before), []);
        assert.equal((await talk.gather(texts("a", "b"))).value, "ab");
      });
    }

    if (version === 2) {
      test("a bidirectional stream is never repeated, and follows rotation", async () => {
        await endSession();
        await assert.rejects(collect(talk.chat(texts("a"))), { code: Code.Unauthenticated });
        assert.deepEqual(await collect(talk.chat(texts("a"))), ["a"]);
        const before = generation();
        server.advance(rotateAfterMs);
        assert.deepEqual(await collect(talk.chat(texts("a", "b"))), ["a", "b"]);
        assert.equal(generation(), before + 1);
      });
    }

    test("a store that cannot answer is unavailable, and the token is kept", async () => {
      server.advance(rotateAfterMs); // due: now the store is asked
      const { token } = client;
      const checked = server.verified.count;
      server.broken.store = true;
      await assert.rejects(talk.say(text("hi")), { code: Code.Unavailable });
      await assert.rejects(collect(talk.count(text("hi"))), { code: Code.Unavailable });
      await assert.rejects(client.ping(), { code: Code.Unavailable });
      assert.equal(client.token, token);
      server.broken.store = false;
      assert.equal((await talk.say(text("hi"))).value, "ada: hi");
      assert.equal(server.verified.count, checked);
    });

    test("only a refused log-in is an AuthenticationFailedError, and leaves the session as it was", async () => {
      const { token } = client;
      await assert.rejects(client.password("ada", "wrong"), AuthenticationFailedError);
      await assert.rejects(client.password("nobody", "wrong"), AuthenticationFailedError);
      server.broken.verify = true;
      await assert.rejects(client.password("ada", "pass:word"), (error) => {
        assert.ok(error instanceof ConnectError);
        assert.ok(!(error instanceof AuthenticationFailedError));
        return error.code === Code.Unavailable;
      });
      server.broken.verify = false;
      assert.equal(client.token, token);
      assert.equal((await talk.say(text("hi"))).value, "ada: hi");
    });

    test("never sends the token with LogIn", async () => {
      let sent: string | null = "none sent";
      const inner: Interceptor = (next) => (request) => {
        sent = request.header.get("authorization");
        return next(request);
      };
      const watched = new AuthClient({
        baseUrl: server.origin,
        transport: ({ baseUrl, interceptors }) => create({ baseUrl, interceptors: [...interceptors, inner] }),
        bind,
      });
      for (let i = 0; i < 2; i++) {
        await watched.password("bob", "hunter2");
        assert.equal(sent, null);
      }
      await watched.close();
      assert.match(sent ?? "", bind ? /^DPoP / : /^Bearer /);
    });

    test("close logs out and forgets; afterwards nothing is sent and nothing is logged in", async () => {
      const other = connect();
      await other.password("bob", "hunter2");
      assert.equal(await other.ping(), true);
      const token = other.token ?? "";
      await other.close();
      assert.equal(other.token, undefined);
      assert.equal(await other.ping(), false);
      await assert.rejects(other.whoAmI(), { code: Code.Unauthenticated });
      await other.close();
      const service = createClient(AuthService, create({ baseUrl: server.origin }));
      const over = service.whoAmI({}, { headers: { authorization: `Bearer ${token}` } });
      await assert.rejects(over, (error: ConnectError) => error.metadata.get("sallyport-reason") === "revoked");
    });

    test("close of a session that has ended already is no error", async () => {
      const other = connect();
      await other.password("bob", "hunter2");
      const { session } = await other.whoAmI();
      await server.auth.sessions.end(session?.ref ?? "");
      const checked = server.verified.count;
      await other.close();
      assert.equal(server.verified.count, checked);
    });
  });
}
