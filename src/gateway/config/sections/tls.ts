import { createSecureContext } from "node:tls";
import type { TlsConfig } from "../../listen/listen-config.js";
import { type Part, part } from "../part.js";
import { faultOf } from "../read-context.js";
import { choice, object, path } from "../schema.js";
import { type Found, readPrivateFile, readPublicFile } from "../secrets.js";

/** The TLS of a listener. */
export const tlsPart: Part<TlsConfig | undefined> = part(
  object(
    {
      cert: path("PEM file with the certificate and what leads to its root. Read again when it changes."),
      key: path("PEM file of the certificate's key. Only its owner may read it."),
      clientCa: path("PEM file of the authorities that client certificates must come from."),
      clientCertificate: choice(
        ["none", "request", "require"],
        undefined,
        "Whether clients are asked for a certificate. Default: `require` with `clientCa`, otherwise `none`.",
      ),
    },
    ["cert", "key"],
    "Speak TLS, with HTTP/2 and HTTP/1.1 by ALPN. Without it: HTTP/1.1 and h2c on one port.",
  ),
  (raw, path, context) => {
    if (raw === undefined) return undefined;
    const report = (name: keyof typeof raw, message: string) => context.report([...path, name], message);
    function readFile(name: "cert" | "key" | "clientCa", read: (path: string) => Found): string | undefined {
      const file = raw?.[name];
      if (file === undefined) return undefined;
      const found = read(context.resolve(file));
      if ("text" in found) return found.text;
      report(name, `${name}: ${found.fault}`);
      return undefined;
    }
    const cert = readFile("cert", readPublicFile);
    const key = readFile("key", readPrivateFile);
    const ca = readFile("clientCa", readPublicFile);
    if (cert !== undefined && key !== undefined) {
      if (!isUsable({ cert })) report("cert", "cert holds no certificate in PEM");
      else if (!isUsable({ cert, key })) report("key", "key is not the PEM key of the certificate in cert");
    }
    // A malformed authority that is not checked would refuse all clients, or let all in (Caddy CVE-2026-27586).
    if (ca !== undefined && !(ca.includes("-----BEGIN CERTIFICATE-----") && isUsable({ ca }))) {
      report("clientCa", "clientCa holds no certificate in PEM");
    }
    const clientCertificate = raw.clientCertificate ?? (raw.clientCa === undefined ? "none" : "require");
    if (clientCertificate !== "none" && raw.clientCa === undefined) {
      report("clientCertificate", "clientCertificate needs clientCa: the authorities to trust");
    }
    return Object.freeze({
      cert: context.resolve(raw.cert ?? ""),
      key: context.resolve(raw.key ?? ""),
      clientCa: raw.clientCa === undefined ? undefined : context.resolve(raw.clientCa),
      clientCertificate,
    });
  },
);

/** Whether a listener asks for client certificates. Without that no caller can be authenticated by one. */
export function asksForCertificates({ clientCa, clientCertificate }: TlsConfig): boolean {
  return clientCa !== undefined && clientCertificate !== "none";
}

function isUsable(parts: { cert?: string; key?: string; ca?: string }): boolean {
  return faultOf(() => createSecureContext(parts)) === undefined;
}
