import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import { mutate, noise } from "../../src/testing/mutate.js";
import type { Random } from "../../src/testing/random.js";
import { route } from "./fixtures.js";
import { type Running, startGateway, valuesOf } from "./running.js";

/** Faults that neither the request's sender nor the upstream made. */
const ours = /HTTP\/1\.1 5\d\d /;

/**
 * Sends `count` requests with faults in method, target, header block, framing or body over raw sockets, with good, bad
 * and no credentials, and checks that nothing breaks and that the upstream sees nobody who was not authenticated.
 */
export async function sendMutatedRequests(random: Random, count: number): Promise<Readonly<Record<string, number>>> {
  const secret = randomUUID();
  const gateway = await startGateway({ routes: [route({ path: "/open" }, { anonymous: true }), route()] });
  const statuses: Record<string, number> = {};
  let left = count;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      const bytes = createRequest(random, gateway, secret);
      const text = await exchangeQuickly(gateway.http1, bytes);
      const status = /^(?:HTTP\/1\.1 100[\s\S]*?\r\n\r\n)?HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? "closed";
      statuses[status] = (statuses[status] ?? 0) + 1;
      assert.doesNotMatch(text, ours, JSON.stringify(bytes).slice(0, 2_000));
      for (const seen of gateway.seen.splice(0)) assertAuthenticated(seen, bytes);
    }
  };
  try {
    await Promise.all(Array.from({ length: 256 }, worker));
    assert.deepEqual(gateway.faults, []);
  } finally {
    await gateway.close();
  }
  return statuses;
}

function assertAuthenticated(seen: Running["seen"][number], bytes: string): void {
  const subjects = valuesOf(seen, "x-sallyport-subject");
  // As an upstream would read it that decodes once more than it should and then normalises.
  const { pathname } = new URL(decodeURIComponent(seen.url.split("?", 1)[0] ?? ""), "http://a");
  const note = `${JSON.stringify(seen)} after ${JSON.stringify(bytes).slice(0, 2_000)}`;
  // A fault in a password's base64 may name somebody else, who has the same one here.
  const nobody = subjects.length !== 1 || subjects[0] === "forged";
  assert.equal(nobody && !/^\/open(\/|$)/.test(pathname), false, note);
  const forged = seen.rawHeaders.filter((_, index) => {
    const name = index % 2 === 1 ? (seen.rawHeaders[index - 1] ?? "") : "";
    return /^x[^a-z0-9]sallyport[^a-z0-9]/i.test(name) && seen.rawHeaders[index] === "forged";
  });
  assert.deepEqual(forged, [], note);
}

function createRequest(random: Random, gateway: Running, secret: string): string {
  const body = random.pick(["", "hello", `GET /${secret} HTTP/1.1\r\nHost: a\r\nX-Sallyport-Subject: forged\r\n\r\n`]);
  const chunks = `${body.length.toString(16)}\r\n${body}\r\n${body === "" ? "" : "0\r\n\r\n"}`;
  const [framing, payload] = random.pick([
    ["", ""],
    [`Content-Length: ${body.length}\r\n`, body],
    ["content-length: 3\r\n", "abc"],
    ["Transfer-Encoding: chunked\r\n", chunks],
    [`Content-Length: ${body.length}\r\nTransfer-Encoding: chunked\r\n`, chunks],
  ] as const);
  const credentials = random.pick([
    "",
    `Authorization: ${gateway.bearer}\r\n`,
    `Authorization: ${mutate(random, gateway.bearer)}\r\n`,
    `Authorization: ${gateway.password}\r\nAuthorization: Bearer x\r\n`,
    "Connection: authorization\r\n",
  ]);
  const extra = random.pick([
    "",
    "X-Sallyport-Subject: forged\r\n",
    "X_Sallyport_Subject: forged\r\nConnection: x-sallyport-subject\r\n",
    "Upgrade: h2c\r\nConnection: upgrade\r\n",
    "Upgrade: websocket\r\nConnection: upgrade\r\n",
    "Expect: 100-continue\r\n",
    "TE: trailers\r\nTrailer: a\r\n",
    random.int(4) === 0 ? "Host: b\r\n" : "Accept: */*\r\n",
  ]);
  const method = random.pick(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"]);
  // Mostly such as are served, so that faults elsewhere are not hidden behind a 400.
  const odd = [`/open/../${secret}`, `/open/%2e%2e/${secret}`, "*", `//${secret}`];
  const target = random.int(5) === 0 ? random.pick(odd) : random.pick([`/${secret}`, `/open/x?${secret}`, "/open"]);
  const request = `${method} ${target} HTTP/1.1\r\nHost: a\r\n${credentials}${extra}${framing}X: y\r\n\r\n${payload}`;
  switch (random.int(5)) {
    case 0:
      return request;
    case 1: // a fault in a name, where most of the rules are
      return mutateName(random, request);
    case 2: // random text among the headers
      return request.replace("X: y", `X: ${noise(random)}`);
    default:
      return mutate(random, request);
  }
}

/** A fault in the name of one header field; `Host` is spared, or nothing would be served. */
function mutateName(random: Random, request: string): string {
  const names = [...request.matchAll(/(?<=\n)(?!Host)[A-Za-z_-]+(?=: )/g)];
  const { 0: name = "", index = 0 } = random.pick(names);
  return request.slice(0, index) + mutate(random, name) + request.slice(index + name.length);
}

/** Long enough for an answer, short enough for the many requests that are waited for because they look unfinished. */
const patienceMs = 400;

/** What came back until the first answer was complete, or the connection closed, or nothing came for a while. */
function exchangeQuickly(origin: string, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const url = new URL(origin);
    let text = "";
    const socket = connect({ port: Number(url.port), host: url.hostname }, () => socket.write(bytes, "latin1"));
    socket.setEncoding("latin1").setTimeout(patienceMs, () => socket.destroy());
    socket.on("data", (data: string) => {
      text += data;
      const answer = text.replace(/^HTTP\/1\.1 100 [^\r]*\r\n\r\n/, "");
      const end = answer.indexOf("\r\n\r\n");
      const length = /\r\ncontent-length: (\d+)/i.exec(answer)?.[1];
      if (end > 0 && answer.length >= end + 4 + Number(bytes.startsWith("HEAD") ? 0 : (length ?? 0))) socket.destroy();
    });
    socket.on("error", () => {}).on("close", () => resolve(text));
  });
}
