import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request as requestHttp } from "node:http";
import { connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import type { Duplex } from "node:stream";
import { type TestContext, test } from "node:test";
import { createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { loadConfig } from "../../src/gateway/config/parse-config.js";
import { explainRequest } from "../../src/gateway/run/explain.js";
import { parseRawRequest } from "../../src/gateway/run/raw-request.js";
import { AuthService } from "../../src/gen/sallyport/v1/auth_service_pb.js";
import { toTicketProtocol } from "../../src/wire/socket-ticket.js";
import { asAda, runGateway } from "./running-gateway.js";
import { socketUpstream } from "./socket-upstream.js";

const page = "https://app.example";

const routes = `
  { match: { path: /chat }, roles: [user], upstream: app, webSocketTicket: chat },
  { match: { path: /open }, anonymous: true, upstream: app, webSocketTicket: chat },
  { match: { path: /other }, upstream: app, webSocketTicket: other },
  { match: { path: /plain }, anonymous: true, upstream: app }`;

async function start(t: TestContext) {
  const upstream = await socketUpstream(t);
  const gateway = await runGateway(
    t,
    routes,
    (text) => `${text.replace(/url: "[^"]*"/, `url: "${upstream.url}"`)}cors: { origins: ["${page}"] }\n`,
  );
  const logIn = await fetch(`${gateway.origin}/chat`, { headers: { authorization: asAda } });
  let authorization = logIn.headers.get("authorization") ?? "";
  const bearer: Interceptor = (next) => async (request) => {
    request.header.set("authorization", authorization);
    const answer = await next(request);
    authorization = answer.header.get("authorization") ?? authorization;
    return answer;
  };
  const transport = createConnectTransport({ baseUrl: gateway.origin, httpVersion: "1.1", interceptors: [bearer] });
  const service = createClient(AuthService, transport);
  const ticketFor = async (name = "chat") => (await service.issueTicket({ service: name })).ticket;
  const open = (path: string, protocols: readonly string[], headers: Record<string, string> = {}) =>
    openSocket(t, gateway.origin + path, protocols, headers);
  return { gateway, upstream, service, ticketFor, open };
}

interface Opened {
  readonly status: number;
  readonly reason: string | undefined;
  readonly protocol: string | undefined;
  readonly socket: Duplex | undefined;
}

async function openSocket(
  t: TestContext,
  url: string,
  protocols: readonly string[],
  headers: Record<string, string>,
): Promise<Opened> {
  const key = Buffer.alloc(16).toString("base64");
  const fields = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": key,
  };
  const request: ClientRequest = requestHttp(url, {
    headers: { ...fields, ...(protocols.length > 0 && { "sec-websocket-protocol": protocols.join(", ") }), ...headers },
  }).end();
  const [answer, socket] = (await Promise.race([once(request, "upgrade"), once(request, "response")])) as [
    IncomingMessage,
    Duplex?,
  ];
  if (socket === undefined) answer.resume();
  else t.after(() => socket.destroy());
  const { "sallyport-reason": reason, "sec-websocket-protocol": protocol } = answer.headers;
  return { status: answer.statusCode ?? 0, reason: reason as string | undefined, protocol, socket };
}

test("a ticket opens a WebSocket as its account; the upstream sees none of it, and selects its own protocol", async (t) => {
  const { upstream, ticketFor, open, gateway } = await start(t);
  const opened = await open("/chat", [toTicketProtocol(await ticketFor()), "chat.v1"]);
  assert.deepEqual([opened.status, opened.protocol], [101, "chat.v1"]);
  const [request] = upstream.requests;
  assert.equal(request?.headers["sec-websocket-protocol"], "chat.v1");
  assert.equal(request?.headers["x-sallyport-subject"], "ada");
  assert.doesNotMatch(JSON.stringify([request?.rawHeaders, gateway.logged]), /spt_/);
});

test("where the upstream selects none, the answer selects the ticket's, which is spent", async (t) => {
  const { upstream, ticketFor, open } = await start(t);
  const offered = toTicketProtocol(await ticketFor());
  assert.deepEqual((await open("/chat", [offered])).protocol, offered);
  assert.equal(upstream.requests[0]?.headers["sec-websocket-protocol"], undefined);
  const again = await open("/chat", [offered]);
  assert.deepEqual([again.status, again.reason], [401, "invalid_credentials"]);
});

test("the same over HTTP/2 (RFC 8441)", async (t) => {
  const { gateway, upstream, ticketFor } = await start(t);
  const session = connectHttp2(gateway.origin);
  t.after(() => session.destroy());
  await once(session, "remoteSettings");
  const offered = toTicketProtocol(await ticketFor());
  for (const [status, protocol] of [
    [200, offered],
    [401, undefined],
  ]) {
    const stream = session.request({
      ...{ ":method": "CONNECT", ":protocol": "websocket", ":scheme": "http", ":path": "/chat", ":authority": "a" },
      ...{ "sec-websocket-version": "13", "sec-websocket-protocol": offered },
    });
    const [answer] = (await once(stream, "response")) as [IncomingHttpHeaders];
    assert.deepEqual([answer[":status"], answer["sec-websocket-protocol"]], [status, protocol]);
    stream.close();
  }
  assert.equal(upstream.requests.length, 1);
  assert.equal(upstream.requests[0]?.headers["sec-websocket-protocol"], undefined);
});

test("without a ticket nothing is selected for the upstream", async (t) => {
  const { open } = await start(t);
  assert.deepEqual((await open("/plain", ["unknown"])).protocol, undefined);
});

test("a ticket of another service is refused, also where anonymous callers are welcome, and is spent", async (t) => {
  const { upstream, ticketFor, open } = await start(t);
  for (const path of ["/chat", "/open"]) {
    const ticket = toTicketProtocol(await ticketFor("other"));
    const refused = await open(path, [ticket]);
    assert.deepEqual([refused.status, refused.reason], [401, "invalid_credentials"], path);
    assert.equal((await open("/other", [ticket])).status, 401, path);
  }
  assert.deepEqual(upstream.requests, []);
});

test("a route that names no service accepts no ticket, and a request for no WebSocket neither", async (t) => {
  const { gateway, upstream, ticketFor, open } = await start(t);
  const ticket = toTicketProtocol(await ticketFor());
  assert.equal((await open("/plain", [ticket])).status, 401);
  const plain = await fetch(`${gateway.origin}/chat`, { headers: { "sec-websocket-protocol": ticket } });
  assert.equal(plain.status, 401);
  assert.deepEqual(upstream.requests, []);
  assert.equal((await open("/chat", [ticket])).status, 101, "it was not spent");
});

test("two tickets, a ticket beside Authorization, a forged one, and one in another spelling are refused", async (t) => {
  const { upstream, ticketFor, open } = await start(t);
  const [one, other] = [toTicketProtocol(await ticketFor()), toTicketProtocol(await ticketFor())];
  assert.equal((await open("/open", [one, other])).reason, "invalid_request");
  assert.equal((await open("/open", [one], { authorization: asAda })).reason, "invalid_request");
  const forged = one.slice(0, -2) + (one.endsWith("AA") ? "BB" : "AA");
  for (const junk of [forged, "sallyport.ticket.", "SALLYPORT.TICKET.spt_x"]) {
    assert.equal((await open("/open", [junk, "chat.v1"])).status, 401, junk);
  }
  assert.deepEqual(upstream.requests, []);
});

test("a page of another origin opens none, unless cors allows it; its ticket is not spent", async (t) => {
  const { ticketFor, open } = await start(t);
  const ticket = toTicketProtocol(await ticketFor());
  for (const origin of ["https://evil.example", "null", "https://app.example.evil.example"]) {
    const refused = await open("/chat", [ticket], { origin });
    assert.deepEqual([refused.status, refused.reason], [403, "not_permitted"], origin);
  }
  const bySite = await open("/chat", [ticket], { "sec-fetch-site": "cross-site" });
  assert.equal(bySite.status, 403);
  assert.equal((await open("/chat", [ticket], { origin: page, "sec-fetch-site": "cross-site" })).status, 101);
});

test("the WebSocket ends with the session of its ticket", async (t) => {
  const { service, ticketFor, open } = await start(t);
  const { socket } = await open("/chat", [toTicketProtocol(await ticketFor())]);
  const ended = once(socket?.resume() as Duplex, "end");
  await service.logOut({});
  await ended;
});

test("explain names the ticket, spends none and quotes none", async (t) => {
  const { gateway, ticketFor, open } = await start(t);
  const protocol = toTicketProtocol(await ticketFor());
  const lines = ["GET /chat HTTP/1.1", "Host: a", "Connection: Upgrade", "Upgrade: websocket"];
  const request = parseRawRequest([...lines, `Sec-WebSocket-Protocol: ${protocol}`, "", ""].join("\n"), "request");
  const explained = await explainRequest(loadConfig(gateway.files.config), request);
  assert.equal(explained.credentials, "a ticket as a WebSocket subprotocol, which is not redeemed here");
  assert.equal(explained.denial?.reason, "unavailable");
  assert.doesNotMatch(JSON.stringify(explained), /spt_/);
  assert.equal((await open("/chat", [protocol])).status, 101);
});
