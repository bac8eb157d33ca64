import assert from "node:assert/strict";
import { chmodSync, copyFileSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import type { TLSSocket } from "node:tls";
import { systemPlatform } from "../../../src/base/platform.js";
import { createClientTls } from "../../../src/gateway/forward/client-tls.js";
import type { UpstreamTls } from "../../../src/gateway/forward/upstream-config.js";
import { createWorld } from "../../world.js";
import { type Certificates, makeCertificates } from "../make-certificates.js";
import { startGateway } from "../running.js";

describe("the TLS of an upstream", () => {
  let certificates: Certificates;
  before(() => {
    certificates = makeCertificates() as Certificates;
    for (const name of ["localhost", "gate", "gate-2"]) certificates.make(name);
  });
  after(() => certificates.remove());

  const file = (name: string): string => join(certificates.directory, name);

  /** A server that takes callers with a certificate of its authority only, and says who they are. */
  async function listen(t: TestContext): Promise<number> {
    const server = createServer(
      {
        key: readFileSync(file("localhost.key")),
        cert: readFileSync(file("localhost.crt")),
        ca: certificates.caPem(),
        requestCert: true,
      },
      // Over a connection of its own: the next one shows what the files hold then.
      (request, response) => {
        const socket = request.socket as TLSSocket;
        response.setHeader("connection", "close");
        response.end(`${socket.getPeerCertificate().subject.CN} ${socket.isSessionReused()}`);
      },
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    t.after(() => server.close());
    return (server.address() as AddressInfo).port;
  }

  async function askerOf(t: TestContext, origin: string, tls: UpstreamTls, platform = systemPlatform) {
    const gateway = await startGateway({ upstream: { origin, tls }, platform });
    t.after(() => gateway.close());
    return async () => {
      const answer = await fetch(`${gateway.http1}/x`, { headers: { authorization: gateway.bearer } });
      return answer.status === 200 ? answer.text() : answer.status;
    };
  }

  it("trusts its authority, shows its certificate, and looks for its name", async (t) => {
    const port = await listen(t);
    const ca = certificates.ca;
    const own = { ca, certificate: file("gate.crt"), key: file("gate.key") };
    assert.equal(await (await askerOf(t, `https://localhost:${port}`, own))(), "gate false");
    assert.equal(await (await askerOf(t, `https://localhost:${port}`, { ca }))(), 502, "without a certificate");
    const byAddress = `https://127.0.0.1:${port}`;
    assert.equal(await (await askerOf(t, byAddress, own))(), 503, "the certificate names localhost");
    assert.equal(await (await askerOf(t, byAddress, { ...own, serverName: "localhost" }))(), "gate false");
  });

  it("takes changed files for later connections, when both belong together, and no session of those before", async (t) => {
    const port = await listen(t);
    const { platform, advance } = createWorld();
    const own = { ca: certificates.ca, certificate: file("shown.crt"), key: file("shown.key") };
    const show = (name: string) => {
      copyFileSync(file(`${name}.crt`), own.certificate);
      copyFileSync(file(`${name}.key`), own.key);
    };
    show("gate");
    // Its wall clock is ahead of the files' times: they count as settled.
    const ahead = { ...systemPlatform, now: platform.now, monotonic: platform.monotonic };
    const ask = await askerOf(t, `https://localhost:${port}`, own, ahead);
    assert.equal(await ask(), "gate false");
    assert.equal(await ask(), "gate true");
    show("gate-2");
    advance(1_000);
    assert.equal(await ask(), "gate-2 false");
  });

  it("reads no file that has changed within a second: it may be written still", () => {
    const { platform, advance } = createWorld();
    const ca = file("settling-ca.crt");
    copyFileSync(certificates.ca, ca);
    const changedAt = statSync(ca).ctimeMs;
    const parts = { what: "upstream app", onWarning: () => {}, platform: { ...platform, now: () => changedAt } };
    const contextOf = createClientTls({ ca }, parts);
    const first = contextOf();
    copyFileSync(certificates.ca, file("other-ca.crt"));
    renameSync(file("other-ca.crt"), ca);
    for (const isSame of [true, false]) {
      advance(1_000);
      assert.equal(contextOf() === first, isSame);
    }
  });

  it("keeps the last good files while changed ones have a fault, which is told once", () => {
    const { platform, advance } = createWorld();
    const told: string[] = [];
    const own = { ca: file("own-ca.crt"), certificate: file("own.crt"), key: file("own.key") };
    copyFileSync(certificates.ca, own.ca);
    copyFileSync(file("gate.crt"), own.certificate);
    copyFileSync(file("gate.key"), own.key);
    const contextOf = createClientTls(own, { what: "upstream app", platform, onWarning: (text) => told.push(text) });
    const first = contextOf();
    const look = () => {
      advance(1_000);
      contextOf();
      advance(1_000);
      return contextOf();
    };
    writeFileSync(own.ca, "nothing of the kind");
    assert.equal(look(), first);
    assert.equal(look(), first);
    copyFileSync(certificates.ca, own.ca);
    copyFileSync(file("gate-2.key"), own.key);
    assert.equal(look(), first);
    chmodSync(own.key, 0o644);
    assert.equal(look(), first);
    assert.deepEqual(told, [
      `tls.ca of upstream app cannot be used: ${own.ca} holds no certificate in PEM. The last good files stay in use`,
      `tls.key of upstream app cannot be used: ${own.key} is not the PEM key of the certificate in ${own.certificate}. The last good files stay in use`,
      `tls.key of upstream app cannot be used: others can read the file ${own.key}; run: chmod 600 ${own.key}. The last good files stay in use`,
    ]);
    chmodSync(own.key, 0o600);
    copyFileSync(file("gate-2.crt"), own.certificate);
    assert.notEqual(look(), first);
    assert.equal(told.length, 3);
  });
});
