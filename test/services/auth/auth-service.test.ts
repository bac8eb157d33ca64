import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import {
  type CallOptions,
  type Client,
  Code,
  ConnectError,
  createClient,
  createConnectRouter,
} from "@connectrpc/connect";
import { AuthService } from "../../../src/gen/sallyport/v1/auth_service_pb.js";
import { authRoutes } from "../../../src/services/auth/auth-service.js";
import { absoluteMs, createEngine, overlapMs, type Running, rotateAfterMs, start } from "../server.js";
import { TalkService } from "../talk-service.js";
import { transportCases } from "../transports.js";

type AuthClient = Client<typeof AuthService>;

function password(user: string, secret: string) {
  return { proof: { case: "password", value: { user, password: secret } } } as const;
}

function bearer(token: string): CallOptions {
  return { headers: { authorization: `Bearer ${token}` } };
}

async function refusal(promise: Promise<unknown>): Promise<ConnectError> {
  const error = await promise.then(
    () => assert.fail("was let in"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ConnectError);
  return error;
}

for (const { name, version, create } of transportCases) {
  describe(`AuthService over ${name}`, () => {
    let server: Running;
    let client: AuthClient;

    before(async () => {
      server = await start(version);
      client = createClient(AuthService, create({ baseUrl: server.origin }));
    });
    after(() => server.close());

    test("logs in, tells who is calling, and logs out for good", async () => {
      let header: Headers | undefined;
      const opened = await client.logIn(password("ada", "pass:word"), {
        onHeader: (headers) => {
          header = headers;
        },
      });
      assert.match(opened.token, /^sps_[\w-]{80}$/);
      assert.equal(header?.get("authorization"), `Bearer ${opened.token}`);
      assert.equal(header?.get("cache-control"), "no-store");
      assert.equal(opened.caller?.identity?.subject, "ada");
      assert.equal(opened.caller?.scheme, "basic");

      const { caller, session } = await client.whoAmI({}, bearer(opened.token));
      assert.deepEqual(caller?.identity?.roles, ["user"]);
      assert.deepEqual(caller?.identity?.claims, { team: { name: "blue", size: 2 } });
      assert.equal(caller?.actor, undefined);
      assert.equal(caller?.scheme, "bearer");
      assert.equal(session?.ref, opened.session?.ref);
      assert.ok(session?.createdAt && session.expiresAt);
      assert.equal(timestampMs(session.createdAt), server.platform.now());
      assert.equal(timestampMs(session.expiresAt), server.platform.now() + absoluteMs);

      await client.logOut({}, bearer(opened.token));
      const error = await refusal(client.whoAmI({}, bearer(opened.token)));
      assert.equal(error.code, Code.Unauthenticated);
      assert.equal(error.metadata.get("sallyport-reason"), "revoked");
    });

    test("an unknown user, a wrong password and a name with a colon are refused in the same words", async () => {
      const attempts = [
        password("ada", "wrong"),
        password("nobody", "pass:word"),
        password("ada:pass", "word"), // as a Basic payload that would be ada's
        password("", "pass:word"),
        password("ada", ""),
        password("ada\n", "pass:word"),
      ];
      const seen = new Set<string>();
      for (const attempt of attempts) {
        const error = await refusal(client.logIn(attempt));
        error.metadata.delete("date");
        seen.add(JSON.stringify([error.code, error.rawMessage, [...error.metadata]]));
        assert.equal(error.code, Code.Unauthenticated);
        assert.equal(error.metadata.get("sallyport-reason"), "invalid_credentials");
        assert.equal(error.metadata.get("authorization"), null);
        assert.match(error.metadata.get("www-authenticate") ?? "", /Basic realm="sallyport"/);
      }
      assert.equal(seen.size, 1, [...seen].join("\n"));
    });

    test("a name with a colon costs the check of a password, as any other does", async () => {
      const checked = server.verified.count;
      await refusal(client.logIn(password("ada:pass", "word")));
      assert.equal(server.verified.count, checked + 1);
    });

    test("a user directory that is down is unavailable, and no reason to ask for the password again", async () => {
      server.broken.verify = true;
      const error = await refusal(client.logIn(password("ada", "pass:word")));
      server.broken.verify = false;
      assert.equal(error.code, Code.Unavailable);
      assert.equal(error.metadata.get("sallyport-reason"), "unavailable");
      assert.equal(error.metadata.get("www-authenticate"), null);
    });

    test("a log-in without a proof says what is missing", async () => {
      const error = await refusal(client.logIn({}));
      assert.equal(error.code, Code.InvalidArgument);
      assert.equal(error.rawMessage, "proof is missing");
    });

    test("every call but LogIn and GetChallenge is refused without credentials", async () => {
      for (const call of [
        () => client.refresh({}),
        () => client.whoAmI({}),
        () => client.logOut({}),
        () => client.listSessions({}),
        () => client.endSession({ ref: "A".repeat(22) }),
      ]) {
        const error = await refusal(call());
        assert.equal(error.code, Code.Unauthenticated);
        assert.equal(error.metadata.get("sallyport-reason"), "no_credentials");
      }
    });

    test("Refresh tells when the session ends, and brings the next token when it is due", async () => {
      const { token } = await client.logIn(password("ada", "pass:word"));
      const offered: (string | null)[] = [];
      const options: CallOptions = {
        ...bearer(token),
        onHeader: (headers) => offered.push(headers.get("authorization")),
      };
      const { session } = await client.refresh({}, options);
      assert.ok(session?.expiresAt);
      assert.equal(timestampMs(session.expiresAt), server.platform.now() + absoluteMs);
      server.advance(rotateAfterMs);
      await client.refresh({}, options);
      assert.equal(offered[0], null);
      assert.match(offered[1] ?? "", /^Bearer sps_/);
      assert.notEqual(offered[1], `Bearer ${token}`);
    });

    test("an old token inside the overlap logs out the whole session", async () => {
      const { token } = await client.logIn(password("ada", "pass:word"));
      await client.refresh({}, bearer(token));
      server.advance(rotateAfterMs);
      let next = "";
      const onHeader = (headers: Headers) => {
        next = headers.get("authorization") ?? "";
      };
      await client.refresh({}, { ...bearer(token), onHeader });
      const newer = next.slice("Bearer ".length);
      await client.refresh({}, bearer(newer));
      server.advance(overlapMs / 2);
      await client.logOut({}, bearer(token));
      const error = await refusal(client.whoAmI({}, bearer(newer)));
      assert.equal(error.metadata.get("sallyport-reason"), "revoked");
    });

    test("credentials that came without a session have nothing to log out of", async () => {
      const options = { headers: { authorization: `Basic ${btoa("ada:pass:word")}` } };
      const error = await refusal(client.logOut({}, options));
      assert.equal(error.code, Code.FailedPrecondition);
      assert.equal((await client.refresh({}, options)).session, undefined);
      assert.equal((await client.whoAmI({}, options)).caller?.identity?.subject, "ada");
    });
  });
}

describe("the sessions of a caller", () => {
  let server: Running;
  let client: AuthClient;

  before(async () => {
    server = await start();
    client = createClient(AuthService, (transportCases[0] ?? assert.fail()).create({ baseUrl: server.origin }));
  });
  after(() => server.close());

  test("are listed in pages, without anybody else's", async () => {
    const mine = await Promise.all(Array.from({ length: 5 }, () => client.logIn(password("ada", "pass:word"))));
    await client.logIn(password("bob", "hunter2"));
    const [first] = mine;
    const options = bearer(first?.token ?? "");
    const listed: string[] = [];
    let pages = 0;
    for (let pageToken = ""; pages === 0 || pageToken !== ""; pages++) {
      const page = await client.listSessions({ pageSize: 2, pageToken }, options);
      for (const { session, subject, actor, current, claimed } of page.sessions) {
        assert.ok(session);
        assert.deepEqual([subject, actor, claimed], ["ada", "", true]);
        assert.equal(current, session.ref === first?.session?.ref);
        listed.push(session.ref);
      }
      pageToken = page.nextPageToken;
    }
    assert.deepEqual(listed, mine.map(({ session }) => session?.ref).sort());
    assert.equal(pages, 3);
    assert.equal((await client.listSessions({}, options)).sessions.length, 5);
  });

  test("refuse a page that cannot be", async () => {
    const { token } = await client.logIn(password("ada", "pass:word"));
    for (const request of [{ pageSize: -1 }, { pageToken: "x" }, { pageToken: "' OR 1=1 --           " }]) {
      assert.equal((await refusal(client.listSessions(request, bearer(token)))).code, Code.InvalidArgument);
    }
  });

  test("are ended one by one; somebody else's is as unknown as one that never was", async () => {
    const mine = await client.logIn(password("ada", "pass:word"));
    const other = await client.logIn(password("ada", "pass:word"));
    const theirs = await client.logIn(password("bob", "hunter2"));
    await client.endSession({ ref: other.session?.ref ?? "" }, bearer(mine.token));
    const over = await refusal(client.whoAmI({}, bearer(other.token)));
    assert.equal(over.metadata.get("sallyport-reason"), "revoked");

    const words = new Set<string>();
    for (const ref of [theirs.session?.ref ?? "", other.session?.ref ?? "", "A".repeat(22), "", "constructor"]) {
      const error = await refusal(client.endSession({ ref }, bearer(mine.token)));
      assert.equal(error.code, Code.NotFound);
      words.add(error.message);
    }
    assert.equal(words.size, 1);
    assert.equal((await client.whoAmI({}, bearer(theirs.token))).caller?.identity?.subject, "bob");
  });
});

describe("LogIn on the wire", () => {
  let server: Running;

  before(async () => {
    server = await start();
  });
  after(() => server.close());

  function post(body: RequestInit["body"], headers: Record<string, string> = {}): Promise<Response> {
    const url = `${server.origin}/sallyport.v1.AuthService/LogIn`;
    return fetch(url, {
      method: "POST",
      body: body ?? null,
      headers: { "content-type": "application/json", ...headers },
    });
  }

  test("a wrong password and an unknown user get the same status, headers and body", async () => {
    const answers = await Promise.all(
      ["ada", "nobody", "ada:pass"].map(async (user) => {
        const response = await post(JSON.stringify({ password: { user, password: "word" } }));
        const headers = [...response.headers].filter(([name]) => name !== "date");
        return JSON.stringify([response.status, headers, await response.text()]);
      }),
    );
    assert.equal(new Set(answers).size, 1, answers.join("\n"));
    assert.match(answers[0] ?? "", /^\[401,.*"cache-control","no-store"/);
  });

  test("a page's script is not told of Basic, so that the browser opens no dialog", async () => {
    const body = JSON.stringify({ password: { user: "ada", password: "wrong" } });
    const toScript = await post(body, { "sec-fetch-dest": "empty" });
    assert.equal(toScript.status, 401);
    assert.doesNotMatch(toScript.headers.get("www-authenticate") ?? "", /basic/i);
    assert.match((await post(body)).headers.get("www-authenticate") ?? "", /basic/i);
  });

  test("a small body that inflates to a large one is not taken in", async () => {
    const bomb = gzipSync(Buffer.concat([Buffer.from('{"password":{"user":"'), Buffer.alloc(64 << 20, 0x61)]));
    const response = await post(bomb, { "content-encoding": "gzip" });
    assert.equal(response.status, 429);
    assert.equal(((await response.json()) as { code: string }).code, "resource_exhausted");
  });

  test("nor one in front of a challenge", async () => {
    const bomb = gzipSync(Buffer.concat([Buffer.from('{"user":"'), Buffer.alloc(64 << 20, 0x61)]));
    // On a connection of its own: the one before ends behind a body that was not read.
    const call = request(`${server.origin}/sallyport.v1.AuthService/GetChallenge`, {
      method: "POST",
      headers: { "content-type": "application/json", "content-encoding": "gzip" },
      agent: false,
    });
    const [response] = (await once(call.end(bomb), "response")) as [IncomingMessage];
    assert.equal(response.statusCode, 429);
    response.resume();
  });

  test("the limit of the log-in turns no protocol on that the router turned off", async () => {
    const engine = createEngine();
    const router = createConnectRouter({ grpc: false, connect: false });
    authRoutes(engine.auth)(router);
    router.service(TalkService, {});
    const names = new Set(router.handlers.map((handler) => handler.protocolNames.join()));
    assert.deepEqual([...names], ["grpc-web"]);
    assert.equal(router.handlers.length, AuthService.methods.length + TalkService.methods.length);
    await engine.auth.close();
  });
});
