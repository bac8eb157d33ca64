import assert from "node:assert/strict";
import { createServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { after, before, describe, it } from "node:test";
import { create } from "@bufbuild/protobuf";
import { StringValueSchema } from "@bufbuild/protobuf/wkt";
import {
  Code,
  ConnectError,
  type ConnectRouter,
  createClient,
  createContextKey,
  createContextValues,
  type Transport,
} from "@connectrpc/connect";
import {
  connectNodeAdapter,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import express from "express";
import { connectAuth } from "../../src/adapters/connect.js";
import { AuthService } from "../../src/gen/sallyport/v1/auth_service_pb.js";
import { markByMessage, peerSlot } from "../../src/model/connect-context.js";
import { createScriptedAuth } from "../../src/testing/adapter/scripted-auth.js";
import type { AdapterServer } from "../../src/testing/adapter/suite.js";
import { EchoService } from "./echo-service.js";
import { listen } from "./servers.js";

const auth = createScriptedAuth();
const color = createContextKey("none");

// The same object for every request, as a careless application would have it.
const shared = createContextValues().set(color, "green");

function routes(router: ConnectRouter): void {
  router.service(EchoService, {
    say: (_request, context) =>
      create(StringValueSchema, {
        value: `${auth.optionalCaller(context)?.identity.subject ?? "nobody"} ${context.values.get(color)}`,
      }),
    fail() {
      throw new ConnectError("not yours", Code.PermissionDenied);
    },
    async *count(_request, context) {
      const value = auth.caller(context).identity.subject;
      yield create(StringValueSchema, { value });
      yield create(StringValueSchema, { value });
    },
    async gather(requests, context) {
      let count = 0;
      for await (const _ of requests) count++;
      return create(StringValueSchema, { value: `${auth.caller(context).identity.subject} ${count}` });
    },
  });
  const start = router.handlers.length;
  router.service(AuthService, {
    logIn: (_request, context) => {
      context.responseHeader.set("x-peer", context.values.get(peerSlot)?.address ?? "");
      return {};
    },
    whoAmI: () => ({}),
  });
  for (const handler of router.handlers.slice(start)) if (handler.method.name === "LogIn") markByMessage(handler);
}

const guarded = () => connectAuth(auth, connectNodeAdapter, { routes, contextValues: () => shared });
let http1: AdapterServer;
let http2: AdapterServer;

describe("adapters/connect", () => {
  before(async () => {
    http1 = await listen(createServer(guarded()));
    http2 = await listen(createHttp2Server(guarded()));
  });
  after(async () => {
    await http1.close();
    await http2.close();
  });

  const transports: Record<string, () => Transport> = {
    "Connect over HTTP/1": () => createConnectTransport({ httpVersion: "1.1", baseUrl: http1.origin }),
    "Connect GET over HTTP/1": () =>
      createConnectTransport({ httpVersion: "1.1", baseUrl: http1.origin, useHttpGet: true }),
    "Connect binary over HTTP/2": () =>
      createConnectTransport({ httpVersion: "2", baseUrl: http2.origin, useBinaryFormat: true }),
    "gRPC over HTTP/2": () => createGrpcTransport({ baseUrl: http2.origin }),
    "gRPC-Web over HTTP/1": () => createGrpcWebTransport({ httpVersion: "1.1", baseUrl: http1.origin }),
    "gRPC-Web over HTTP/2": () => createGrpcWebTransport({ httpVersion: "2", baseUrl: http2.origin }),
  };

  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  for (const [name, open] of Object.entries(transports)) {
    describe(name, () => {
      const client = () => createClient(EchoService, open());

      it("a handler sees who is calling, beside the application's own context values", async () => {
        const subjects = Array.from({ length: 16 }, (_, index) => `user-${index}`);
        const said = await Promise.all(
          subjects.map(async (subject, index) => {
            const headers = bearer(index % 2 ? subject : `${subject}.slow`);
            return (await client().say({ value: "" }, { headers })).value;
          }),
        );
        assert.deepEqual(
          said,
          subjects.map((subject) => `${subject} green`),
        );
      });

      it("the next token reaches a success and an application's own error", async () => {
        let received: Headers | undefined;
        const headers = bearer("ada.due");
        await client().say({ value: "" }, { headers, onHeader: (header) => (received = header) });
        assert.equal(received?.get("authorization"), "Bearer next-ada");
        const error = await errorOf(client().fail({ value: "" }, { headers }));
        assert.equal(error.code, Code.PermissionDenied);
        assert.equal(error.metadata.get("authorization"), "Bearer next-ada");
      });

      it("the next token reaches the headers of a stream", async () => {
        let received: Headers | undefined;
        const options = { headers: bearer("ada.due"), onHeader: (header: Headers) => keep(header) };
        const keep = (header: Headers) => {
          received = header;
        };
        const values = await collect(client().count({ value: "" }, options));
        assert.deepEqual(
          values.map(({ value }) => value),
          ["ada", "ada"],
        );
        assert.equal(received?.get("authorization"), "Bearer next-ada");
      });

      it("a denial is unauthenticated, with the reason and every challenge", async () => {
        const calls = [
          () => client().say({ value: "" }),
          () => collect(client().count({ value: "" })),
          () => client().gather(endless()),
        ];
        for (const call of calls) {
          const error = await errorOf(call());
          assert.equal(error.code, Code.Unauthenticated);
          assert.equal(error.rawMessage, "Log in, 100 % please: Grüße");
          assert.equal(error.metadata.get("sallyport-reason"), "no_credentials");
          assert.match(error.metadata.get("www-authenticate") ?? "", /^Bearer realm="scripted", Basic realm=/);
        }
      });

      it("other denials keep their code", async () => {
        const superseded = await errorOf(client().say({ value: "" }, { headers: bearer("superseded") }));
        assert.equal(superseded.metadata.get("sallyport-reason"), "superseded");
        const unavailable = await errorOf(client().say({ value: "" }, { headers: bearer("unavailable") }));
        assert.equal(unavailable.code, Code.Unavailable);
        assert.equal(unavailable.metadata.get("retry-after"), "1");
      });

      it("LogIn, which authenticates by its message, passes whatever credentials ride beside it, and learns the peer", async () => {
        const authClient = createClient(AuthService, open());
        for (const headers of [{}, bearer("superseded"), { authorization: "nonsense, nonsense" }]) {
          let received: Headers | undefined;
          await authClient.logIn({}, { headers, onHeader: (header) => (received = header) });
          assert.equal(received?.get("x-peer"), "127.0.0.1");
        }
        assert.equal((await errorOf(authClient.whoAmI({}))).code, Code.Unauthenticated);
      });
    });
  }

  it("a procedure that authenticates by its message is let through on POST of its exact path only, and only where the router has it", async () => {
    const prefixed = await listen(
      createServer(connectAuth(auth, connectNodeAdapter, { routes, requestPathPrefix: "/api" })),
    );
    const without = await listen(createServer(connectAuth(auth, connectNodeAdapter, { routes: () => undefined })));
    const path = "/sallyport.v1.AuthService/LogIn";
    const post = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
    const status = async (url: string, init: RequestInit = post) => (await fetch(url, init)).status;
    assert.equal(await status(http1.origin + path), 200);
    assert.equal(await status(`${http1.origin}${path}?x=1`), 200);
    assert.equal(await status(http1.origin + path, { method: "GET" }), 401);
    assert.equal(await status(http1.origin + path, { ...post, method: "PUT" }), 401);
    for (const odd of [`${path}/`, `/${path}`, `/x${path}`, path.toLowerCase(), path.replace("LogIn", "Log%49n")]) {
      assert.equal(await status(http1.origin + odd), 401, odd);
    }
    assert.equal(await status(`${prefixed.origin}/api${path}`), 200);
    assert.equal(await status(prefixed.origin + path), 401);
    assert.equal(await status(without.origin + path), 401);
    await prefixed.close();
    await without.close();
  });

  it("in Express a path that is no procedure goes on to later middleware", async () => {
    const app = express();
    app.use("/rpc", guarded());
    app.get("/rpc/health", (_request, response) => void response.send("fine"));
    const server = await listen(createServer(app));
    assert.equal(await (await fetch(`${server.origin}/rpc/health`)).text(), "fine");
    const client = createClient(
      EchoService,
      createConnectTransport({ httpVersion: "1.1", baseUrl: `${server.origin}/rpc` }),
    );
    assert.equal((await errorOf(client.say({ value: "" }))).code, Code.Unauthenticated);
    assert.equal((await client.say({ value: "" }, { headers: bearer("ada") })).value, "ada green");
    assert.equal(auth.asked.at(-1)?.path, "/rpc/test.v1.EchoService/Say");
    await server.close();
  });

  it("a body parser in front is reported", async () => {
    const app = express();
    app.use(express.json(), guarded());
    app.use(
      ((error, _request, response, _next) => void response.status(500).send(error.code)) as express.ErrorRequestHandler,
    );
    const server = await listen(createServer(app));
    const response = await fetch(`${server.origin}/test.v1.EchoService/Say`, {
      method: "POST",
      headers: { "content-type": "application/json", ...bearer("ada") },
      body: "{}",
    });
    assert.equal(await response.text(), "body_read_before_auth");
    await server.close();
  });

  it("a message above 4 MiB is refused unless told otherwise, and the caller's options stay as they were", async () => {
    const options = { routes, readMaxBytes: 16 * 1024 * 1024 };
    const frozen = Object.freeze(options);
    const large = await listen(createServer(connectAuth(auth, connectNodeAdapter, frozen)));
    const value = "x".repeat(5 * 1024 * 1024);
    const call = (origin: string) =>
      createClient(EchoService, createConnectTransport({ httpVersion: "1.1", baseUrl: origin })).say(
        { value },
        { headers: bearer("ada") },
      );
    assert.equal((await errorOf(call(http1.origin))).code, Code.ResourceExhausted);
    assert.equal((await call(large.origin)).value, "ada none");
    await large.close();
  });

  async function errorOf(call: Promise<unknown>): Promise<ConnectError> {
    try {
      await call;
    } catch (error) {
      assert.ok(error instanceof ConnectError);
      return error;
    }
    assert.fail("the call should have failed");
  }

  async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
    const collected: T[] = [];
    for await (const item of items) collected.push(item);
    return collected;
  }

  /** A client stream that never ends by itself. */
  async function* endless() {
    for (;;) {
      yield { value: "x".repeat(1000) };
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
});
