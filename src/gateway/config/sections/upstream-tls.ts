import { readClientTls } from "../../forward/client-tls.js";
import type { UpstreamTls } from "../../forward/upstream-config.js";
import { type Part, part } from "../part.js";
import { object, path, text } from "../schema.js";

/** The TLS of an upstream. */
export const upstreamTlsPart: Part<UpstreamTls | undefined> = part(
  object(
    {
      ca: path("PEM file of the authorities that its certificate must come from. Default: those that Node trusts."),
      certificate: path(
        "PEM file of the certificate that the gateway shows when it is asked for one, and of what leads to its root.",
      ),
      key: path("PEM file of that certificate's key. Only its owner may read it."),
      serverName: text(
        "a host name, such as app.internal",
        "The name to ask for by SNI and to look for in its certificate. Default: the host of its URL.",
      ),
    },
    [],
    "What is trusted and shown where the URL is `https://`. Changed files are read again, for later connections.",
  ),
  (raw, path, context) => {
    if (raw === undefined) return undefined;
    const { ca, certificate, key, serverName } = raw;
    const toPath = (file: string | undefined) => (file === undefined ? undefined : context.resolve(file));
    const files = { ca: toPath(ca), certificate: toPath(certificate), key: toPath(key) };
    const report = (name: keyof typeof raw, message: string) => context.report([...path, name], message);
    if (certificate !== undefined && key === undefined)
      report("certificate", "certificate needs key: the file of its key");
    else if (key !== undefined && certificate === undefined)
      report("key", "key needs certificate: the file of its certificate");
    else {
      const found = readClientTls(files);
      if ("fault" in found) report(found.name, `${found.name}: ${found.fault}`);
    }
    if (serverName !== undefined && !/^[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?$/i.test(serverName)) {
      report("serverName", "serverName must be a host name, without a port");
    }
    return Object.freeze({ ...files, serverName });
  },
);
