import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { after, afterEach, before, describe, test } from "node:test";
import { TLSSocket } from "node:tls";
import { ldap } from "../../../src/handlers/ldap/ldap.js";
import type { LdapOptions } from "../../../src/handlers/ldap/options.js";
import { lacksSlapd, type Slapd, searcher, smallDirectory, startSlapd, suffix } from "./slapd.js";

const password = "correct horse";
describe("a directory behind TLS", { skip: lacksSlapd ?? false }, () => {
  let slapd: Slapd;
  let ca: string;
  const servers: Server[] = [];
  const sockets: Socket[] = [];
  before(async () => {
    slapd = await startSlapd(smallDirectory);
    ca = slapd.certificates.caPem().toString();
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const server of servers.splice(0)) server.close();
  });
  after(() => slapd.stop());

  const logIn = (options: Partial<LdapOptions>) => {
    const users = { base: suffix };
    return ldap({ url: slapd.secureUrl, bind: searcher, users, timeoutMs: 2_000, ...options }).verify("ada", password);
  };
  const port = (url: string) => Number(new URL(url).port);
  const byStartTls = () => ({ url: `ldap://localhost:${port(slapd.url)}`, startTls: true });

  /** Somebody on the way, or a server of another kind. */
  async function listen(onConnection: (socket: Socket) => void): Promise<string> {
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on("error", () => {});
      onConnection(socket);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `ldap://localhost:${(server.address() as AddressInfo).port}`;
  }

  test("ldaps and StartTLS reach it where the authority is known", async () => {
    assert.equal((await logIn({ ca }))?.subject, "ada");
    await slapd.operations(0);
    assert.equal((await logIn({ ca, ...byStartTls() }))?.subject, "ada");
    assert.equal((await slapd.operations(1))[0], "STARTTLS");
  });

  const unknown = /SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE/;
  const unverified: readonly [why: string, reason: RegExp, options: () => Partial<LdapOptions>][] = [
    ["an unknown authority", unknown, () => ({})],
    ["an unknown authority, by StartTLS", unknown, byStartTls],
    [
      "another name",
      /ERR_TLS_CERT_ALTNAME_INVALID/,
      () => ({ ca, url: slapd.secureUrl.replace("localhost", "127.0.0.1") }),
    ],
    ["another name, by StartTLS", /ERR_TLS_CERT_ALTNAME_INVALID/, () => ({ ca, url: slapd.url, startTls: true })],
  ];
  for (const [why, reason, options] of unverified) {
    test(`a certificate of ${why} gets no password, whatever the environment says`, async () => {
      await slapd.operations(0);
      process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
      try {
        await assert.rejects(logIn(options()), { code: "unavailable", message: reason });
      } finally {
        delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      }
      assert.ok((await slapd.operations(1)).every((line) => line === "STARTTLS"));
    });
  }

  test("passwords in the clear are refused at start, except to this machine or where somebody says so", () => {
    const users = { base: suffix };
    for (const host of ["ldap.example", "192.0.2.1", "[2001:db8::1]", "127.0.0.1.example", "localhost.example"]) {
      const url = `ldap://${host}`;
      assert.throws(() => ldap({ url, users, startTls: false }), {
        code: "invalid_options",
        message: /insecure: true/,
      });
      ldap({ url, users, startTls: false, insecure: true });
      ldap({ url, users });
    }
    for (const host of ["localhost", "127.0.0.1", "127.8.8.8", "[::1]"]) ldap({ url: `ldap://${host}`, users });
  });

  test("another machine without TLS gets StartTLS first, and nothing when it refuses", async () => {
    const seen: Buffer[] = [];
    // Result 2, protocolError: it knows no extended operations. Lengths in the long form, as Active Directory writes them.
    const refusal = Buffer.from("308400000010020101788400000007" + "0a010204000400", "hex");
    const url = await listen((socket) =>
      socket.on("data", (chunk: Buffer) => seen.push(chunk) && socket.write(refusal)),
    );
    await assert.rejects(logIn({ url, startTls: true }), { code: "unavailable", message: /StartTLS was refused/ });
    assert.equal(seen.length, 1);
    assert.match(seen.join(""), /1\.3\.6\.1\.4\.1\.1466\.20037/);
  });

  test("what somebody adds in the clear behind the answer to StartTLS is not read as if it had come inside", async () => {
    // A whole message, and the beginning of one that would swallow what comes next.
    for (const added of ["300c02010361070a010004000400", "307002010361070a010004000400", "30"]) {
      const url = await listen((socket) => {
        const real = connect(port(slapd.url), "127.0.0.1");
        sockets.push(real);
        socket.pipe(real);
        real.once("data", (answer: Buffer) => {
          socket.write(Buffer.concat([answer, Buffer.from(added, "hex")]));
          real.pipe(socket);
        });
      });
      await assert.rejects(logIn({ ca, url, startTls: true }), { code: "unavailable" });
    }
  });

  test("a connection that breaks after StartTLS is not opened again in the clear", async () => {
    const clear: string[] = [];
    let connections = 0;
    const { cert, key } = slapd.certificates.make("other");
    const url = await listen((socket) => {
      connections += 1;
      socket.once("data", (chunk: Buffer) => {
        clear.push(chunk.toString("latin1"));
        socket.write(Buffer.from("300c02010178070a010004000400", "hex"));
        const inside = new TLSSocket(socket, { isServer: true, cert: readFileSync(cert), key: readFileSync(key) });
        inside.on("error", () => {});
        inside.once("data", () => socket.destroy());
      });
    });
    await assert.rejects(logIn({ ca, url, startTls: true }), { code: "unavailable" });
    assert.equal(connections, 1);
    assert.ok(!clear.join("").includes(searcher.password));
  });

  test("a server that accepts, answers and ends at odd moments is unavailable, and nothing is left behind", async () => {
    const odd: readonly ((socket: Socket) => void)[] = [
      (socket) => socket.destroy(),
      (socket) => socket.end(),
      (socket) => socket.resetAndDestroy(),
      (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"),
      (socket) => socket.write(Buffer.alloc(5_000, 0x30)),
      (socket) => socket.write(Buffer.from("3080", "hex")) && socket.end(),
      (socket) => socket.write(Buffer.from("300c02010178070a010004000400", "hex")) && socket.end(),
    ];
    for (const behave of odd) {
      const url = await listen(behave);
      for (const startTls of [true, false]) {
        await assert.rejects(logIn({ ca, url, startTls, timeoutMs: 500 }), { code: "unavailable" }, String(behave));
      }
      await assert.rejects(logIn({ ca, url: url.replace("ldap:", "ldaps:"), timeoutMs: 500 }), { code: "unavailable" });
    }
  });
});
