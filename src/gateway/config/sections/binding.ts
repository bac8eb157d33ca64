import { type DpopOptions, resolveDpop } from "../../../binding/dpop-options.js";
import { inMs } from "../in-ms.js";
import { faultOf, itemsOf } from "../read-context.js";
import { duration, flag, list, object, text } from "../schema.js";
import { type Section, section } from "./section.js";

export interface BindingConfig {
  readonly bindToCertificate: boolean;
  readonly dpop: DpopOptions;
}

const schema = object(
  {
    certificate: flag(
      "Bind new sessions to the client certificate, where the listener asked for one and verified it (RFC 8705).",
    ),
    baseUrls: list(
      text("a URL such as https://api.example", "A URL: scheme, host, and a path that a proxy in front removes."),
      "a list of URLs, such as [https://api.example]",
      "The URLs by which clients reach this gateway: a `DPoP` proof must be for a URL under one of them. Default: the authority of each request.",
    ),
    nonce: {
      ...flag(
        "A proof must hold a nonce of the gateway. `false` is for clients that support no nonce: then their clock counts.",
      ),
      default: true,
    },
    proofLife: duration(
      "60s",
      "How long a nonce is handed out; it is valid for as long again. Without nonces: how old a proof may be. From 30s to 10m.",
    ),
    sharedReplay: flag(
      "Remember used proofs in the store, for all nodes: a durable write per call of a bound session.",
    ),
  },
  [],
  "Sessions that are useless without a key or a certificate. Clients bind sessions to a key by themselves, by `DPoP` (RFC 9449).",
);

/** The binding of sessions to keys and certificates, and its proofs. */
export const bindingSection: Section<BindingConfig> = section(schema, (raw = {}, path, context) => {
  const { certificate = false, ...given } = inMs(schema, raw);
  const dpop = Object.freeze({ ...given, baseUrls: itemsOf(given.baseUrls) });
  dpop.baseUrls.forEach((url, index) => {
    const fault = faultOf(() => resolveDpop({ baseUrls: [url] }));
    if (fault !== undefined) context.report([...path, "baseUrls", index], fault.replace("dpop:", "binding:"));
  });
  if (faultOf(() => resolveDpop({ ...dpop, baseUrls: [] })) !== undefined) {
    context.report([...path, "proofLife"], "binding: proofLife must be from 30s to 10m");
  }
  return Object.freeze({ bindToCertificate: certificate, dpop });
});
