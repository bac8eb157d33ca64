import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, describe, test } from "node:test";
import { createAuth } from "../../../src/engine/auth.js";
import { clientCertificate } from "../../../src/handlers/certificate/client-certificate.js";
import type { ForwardedCertificateField } from "../../../src/handlers/certificate/forwarded-certificate.js";
import { type Handler, rejected } from "../../../src/handlers/handler.js";
import { randomKeys } from "../../../src/keys/key-ring.js";
import { memory } from "../../../src/stores/memory/memory.js";
import { makeClientCertificates } from "./make-client-certificates.js";

const found = makeClientCertificates();
const skip = found === undefined ? "needs openssl: apt-get install openssl" : false;
after(() => found?.remove());

describe("a forwarded client certificate", { skip }, () => {
  const made = found as NonNullable<typeof found>;
  const ours = skip ? { name: "", pem: "" } : made.authority("/CN=our ca");
  const { der, pem } = skip ? { der: new Uint8Array(), pem: "" } : made.make({ ca: ours, san: "URI:urn:ada" });
  const other = skip ? { pem: "" } : made.make({ ca: ours, san: "URI:urn:eve" });
  const hash = createHash("sha256").update(der).digest("hex");
  const base64 = Buffer.from(der).toString("base64");
  const clientCert = `:${base64}:`;
  const envoy = `By=spiffe://mesh/gate;Hash=${hash};Cert="${encodeURIComponent(pem)}";Subject="CN=ada,O=\\"A;B\\"";URI=urn:a;URI=urn:b`;

  function authOf(forwarded: ForwardedCertificateField | undefined) {
    const rules = [{ san: "uri", value: "urn:ada", subject: "ada", anyKey: true }] as const;
    return createAuth({ handlers: [clientCertificate({ rules, forwarded })], store: memory(), keys: randomKeys() });
  }

  /** The caller, or the reason of the refusal. */
  async function ask(
    forwarded: ForwardedCertificateField | undefined,
    rawHeaders: readonly string[],
    { trusted = true, certificate = undefined as Uint8Array | undefined, anonymous = false } = {},
  ): Promise<string> {
    const auth = authOf(forwarded);
    const peer = { address: "10.0.0.1", trusted, certificate };
    const decision = await auth.authenticate({ method: "GET", path: "/", rawHeaders, peer }, { anonymous });
    await auth.close();
    if (decision.kind === "allowed") return decision.caller.identity.subject;
    return decision.kind === "denied" ? decision.reason : "anonymous";
  }

  test("of a trusted proxy it is the caller's, in either field, where the handler names that field", async () => {
    assert.equal(await ask("Client-Cert", ["client-cert", clientCert]), "ada");
    assert.equal(await ask("Client-Cert", ["Client-Cert", clientCert, "Client-Cert-Chain", ":AA==:"]), "ada");
    assert.equal(await ask("X-Forwarded-Client-Cert", ["X-Forwarded-Client-Cert", envoy]), "ada");
    assert.equal(await ask("Client-Cert", ["X-Forwarded-Client-Cert", envoy]), "no_credentials");
    assert.equal(await ask("X-Forwarded-Client-Cert", ["Client-Cert", clientCert]), "no_credentials");
    assert.equal(await ask(undefined, ["Client-Cert", clientCert]), "no_credentials");
  });

  test("of any other peer it is ignored, and the certificate of the connection counts", async () => {
    const fields = ["Client-Cert", clientCert, "X-Forwarded-Client-Cert", envoy];
    for (const field of ["Client-Cert", "X-Forwarded-Client-Cert"] as const) {
      assert.equal(await ask(field, fields, { trusted: false }), "no_credentials");
      assert.equal(await ask(field, fields, { trusted: false, anonymous: true }), "anonymous");
      assert.equal(await ask(field, [], { trusted: false, certificate: der }), "ada");
      assert.equal(await ask(field, [], { trusted: true, certificate: der }), "no_credentials", "the proxy's own");
    }
  });

  test("a handler sees the field that it names, of a trusted proxy, and no other", async () => {
    const seen: unknown[] = [];
    const handler: Handler = {
      ...{ scheme: "ClientCertificate", carrier: "certificate", opens: "nothing", forwardedIn: "client-cert" },
      fromHeader(_payload, { forwarded }) {
        seen.push(forwarded);
        return rejected;
      },
    };
    const auth = createAuth({ handlers: [handler], store: memory(), keys: randomKeys() });
    const rawHeaders = ["Client-Cert", "a", "X-Other", "b", "Authorization", "ClientCertificate"];
    for (const trusted of [true, false]) {
      await auth.authenticate({ method: "GET", path: "/", rawHeaders, peer: { address: "10.0.0.1", trusted } });
    }
    assert.deepEqual(seen, [["a"], undefined]);
    await auth.close();
  });

  test("it never comes as the payload of an Authorization field", async () => {
    for (const payload of [clientCert, base64, envoy]) {
      const reason = await ask("Client-Cert", ["Authorization", `ClientCertificate ${payload}`]);
      assert.match(reason, /^invalid_(?:credentials|request|token)$/);
    }
  });

  test("Client-Cert that is not one byte sequence to the letter is refused, for anonymous requests too", async () => {
    for (const value of [
      ...["", "::", base64, `:${base64}`, `:${base64.slice(0, -4)}:`, `:${base64}:;a=1`, `:${base64}:, :${base64}:`],
      ...[`:${base64.replace(/..$/, "..")}:`, `"${base64}"`, `: ${base64}:`, ":AAAA:"],
    ]) {
      assert.equal(await ask("Client-Cert", ["Client-Cert", value], { anonymous: true }), "invalid_credentials", value);
    }
    const twice = ["Client-Cert", clientCert, "client-cert", clientCert];
    assert.equal(await ask("Client-Cert", twice), "invalid_credentials");
  });

  test("Envoy's field is read by its quoting: no text of a subject becomes a certificate, and several are refused", async () => {
    const eve = encodeURIComponent(other.pem);
    const cert = `Cert="${encodeURIComponent(pem)}"`;
    const refused = [
      ...["", ";", cert.slice(0, -1), `${cert};`, `${cert};${cert}`, `${cert};Hash=${"0".repeat(64)}`, `;${cert}`],
      // Two proxies that append: the last is the inner proxy's client, the first may be the client's own word.
      ...[`${envoy},${envoy}`, `Subject="CN=a",${cert}`, `${cert}x`, `Cert=%zz`, `Cert="${eve}${eve}"`, `Cert="%2D"`],
      `Subject="CN=a\\";Cert="${encodeURIComponent(pem)}"`,
    ];
    for (const value of refused) {
      const reason = await ask("X-Forwarded-Client-Cert", ["X-Forwarded-Client-Cert", value], { anonymous: true });
      assert.equal(reason, "invalid_credentials", value.slice(0, 60));
    }
    const inSubject = `Subject="CN=\\";Cert=\\"${eve}\\"";${cert}`;
    assert.equal(await ask("X-Forwarded-Client-Cert", ["X-Forwarded-Client-Cert", inSubject]), "ada");
    const ofEve = await ask("X-Forwarded-Client-Cert", ["X-Forwarded-Client-Cert", `Cert="${eve}"`]);
    assert.equal(ofEve, "invalid_credentials", "without a rule");
  });

  test("an Envoy that forwards no Cert makes 503 and says what to set", async () => {
    const events: unknown[] = [];
    const auth = createAuth({
      handlers: [
        clientCertificate({ rules: [{ san: "uri", value: "x", anyKey: true }], forwarded: "X-Forwarded-Client-Cert" }),
      ],
      store: memory(),
      keys: randomKeys(),
      onEvent: (event) => events.push(event.kind === "handler-failed" && event.failure),
    });
    const rawHeaders = ["X-Forwarded-Client-Cert", `Hash=${hash};URI=urn:ada`];
    const peer = { address: "10.0.0.1", trusted: true };
    const decision = await auth.authenticate({ method: "GET", path: "/", rawHeaders, peer });
    assert.equal(decision.kind === "denied" && decision.reason, "unavailable");
    assert.match(String((events[0] as { error?: unknown }).error), /set_current_client_cert_details: \{ cert: true \}/);
    await auth.close();
  });

  test("another field is refused when it is given", () => {
    const forwarded = "X-Client-Cert" as ForwardedCertificateField;
    assert.throws(() => authOf(forwarded), {
      code: "invalid_options",
      message: "clientCertificate: forwarded must be Client-Cert or X-Forwarded-Client-Cert",
    });
  });
});
