import { AuthError } from "../../../base/errors.js";
import { requireMetadata } from "../../../handlers/oidc/discovery.js";
import { toUnavailable } from "../../forward/unavailable.js";
import { type Finding, fault, ok, type ProbeContext, warning } from "./finding.js";
import { probeCertificate } from "./upstream.js";

/** The largest document. Those in use have 2 to 8 KiB. */
const maxBytes = 256 * 1024;

/** Reads the metadata of an OpenID provider (OpenID Connect Discovery 1.0 §4), and the key set that it names. */
export async function probeProvider(what: string, issuer: string, context: ProbeContext): Promise<Finding[]> {
  const address = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const [read, certificate] = await Promise.all([
    readJson(what, address, context),
    probeCertificate(what, new URL(address), context),
  ]);
  if ("fault" in read) return [fault(what, `${address} ${read.fault}`)];
  try {
    const { jwks_uri } = requireMetadata(read.document, issuer);
    return [ok(what, `${address} names this issuer`), ...certificate, ...(await judgeKeys(what, jwks_uri, context))];
  } catch (error) {
    if (error instanceof AuthError) return [fault(what, `${address} ${error.message}`), ...certificate];
    throw error;
  }
}

/** Reads a key set (RFC 7517 §5). */
export async function probeKeySet(what: string, address: string, context: ProbeContext): Promise<Finding[]> {
  const [keys, certificate] = await Promise.all([
    judgeKeys(what, address, context),
    probeCertificate(what, new URL(address), context),
  ]);
  return [...keys, ...certificate];
}

async function judgeKeys(what: string, address: string, context: ProbeContext): Promise<Finding[]> {
  const read = await readJson(what, address, context);
  if ("fault" in read) return [fault(what, `${address} ${read.fault}`)];
  const { keys } = Object(read.document) as { readonly keys?: unknown };
  const list = Array.isArray(keys) ? (keys as Readonly<Record<string, unknown>>[]).map(Object) : [];
  const good = list.filter(({ kty, use = "sig" }) => ["RSA", "EC", "OKP"].includes(kty as string) && use === "sig");
  if (good.length === 0) {
    return [fault(what, `${address} holds no public key that signs; give the URL of the issuer's key set`)];
  }
  if (list.some((key) => "d" in key || "k" in key)) {
    return [
      warning(what, `${address} shows a private or shared key; its operator must make new ones, and keep them secret`),
    ];
  }
  return [ok(what, `${address} holds ${good.length === 1 ? "1 key" : `${good.length} keys`}`)];
}

/** The fault is worded to follow the address. */
async function readJson(
  what: string,
  address: string,
  { platform, timeoutMs, tellDate }: ProbeContext,
): Promise<{ readonly document: unknown } | { readonly fault: string }> {
  const deadline = new AbortController();
  const cancel = platform.delay(timeoutMs, () => deadline.abort(), true);
  try {
    const headers = { accept: "application/json" };
    const response = await fetch(address, { headers, redirect: "manual", signal: deadline.signal });
    if (address.startsWith("https:")) tellDate(what, response.headers.get("date"));
    if (response.status !== 200) {
      void response.body?.cancel();
      return { fault: `answered ${response.status}; look whether the issuer is spelled as the provider names itself` };
    }
    let [text, bytes] = ["", 0];
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > maxBytes) return { fault: `answered with more than ${maxBytes} bytes` };
      text += decoder.decode(chunk, { stream: true });
    }
    return { document: JSON.parse(text) as unknown };
  } catch (error) {
    if (deadline.signal.aborted) return { fault: `did not answer within ${timeoutMs / 1_000} s` };
    if (error instanceof SyntaxError) return { fault: "did not answer with JSON" };
    const { cause } = error as { readonly cause?: NodeJS.ErrnoException };
    const { host } = new URL(address);
    if (cause?.code === undefined) return { fault: `cannot be read (${cause?.message ?? "no answer"})` };
    return { fault: `cannot be read: ${toUnavailable(cause, host).detail}` };
  } finally {
    cancel();
  }
}
