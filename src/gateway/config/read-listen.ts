import { createSecureContext } from "node:tls";
import { parseAddressBlock } from "../../base/ip-address.js";
import type { AddressConfig, ListenConfig, TlsConfig } from "../listen/listen-config.js";
import { isLoopback, parseAddress, toAddressText } from "./address.js";
import type { ConfigPath } from "./document.js";
import { type RawConfig, type RawListen, type Reading, report } from "./raw-config.js";
import { type Found, readPrivateFile, readPublicFile } from "./secrets.js";

/** Where the gateway listens, and where administration does. */
export function readListen(
  raw: RawConfig,
  reading: Reading,
): { listen: ListenConfig[]; admin: AddressConfig | undefined } {
  const taken = new Set<string>();
  function readAddress(text: string | undefined, path: ConfigPath): AddressConfig | undefined {
    if (text === undefined) return undefined;
    const address = parseAddress(text);
    if (address === undefined) {
      report(
        reading,
        path,
        "this must be an address with its port, such as 127.0.0.1:8080, [::1]:8080 or 0.0.0.0:8080",
      );
      return undefined;
    }
    const key = toAddressText(address);
    if (address.port !== 0 && taken.has(key)) report(reading, path, "this address is taken above; give another port");
    taken.add(key);
    return address;
  }
  const listen = (raw.listen ?? []).flatMap((item = {}, index) => {
    const address = readAddress(item.address, ["listen", index, "address"]);
    const tls = readTls(item, ["listen", index], reading);
    if (address !== undefined) checkExposure(address, item, ["listen", index], reading);
    return address === undefined ? [] : [Object.freeze({ ...address, tls })];
  });
  return { listen, admin: readAddress(raw.admin?.address, ["admin", "address"]) };
}

/** Passwords and tokens cross the wire in every request: in the clear only where nobody else is on the wire, or said so. */
function checkExposure(
  { host }: AddressConfig,
  { insecure = false, tls }: RawListen,
  path: ConfigPath,
  reading: Reading,
): void {
  if (tls !== undefined && insecure) {
    report(reading, [...path, "insecure"], "insecure and tls contradict each other; remove one");
  }
  if (tls === undefined && !insecure && !isLoopback(host)) {
    report(
      reading,
      [...path, "address"],
      "others can connect here and read passwords and tokens on the way; add tls: { cert, key }, or listen on 127.0.0.1, " +
        "or say insecure: true where something in front speaks TLS",
    );
  }
}

function readTls({ tls }: RawListen, path: ConfigPath, reading: Reading): TlsConfig | undefined {
  if (tls === undefined) return undefined;
  const at = (name: string): ConfigPath => [...path, "tls", name];
  function readFile(name: "cert" | "key" | "clientCa", read: (path: string) => Found): string | undefined {
    const file = tls?.[name];
    if (file === undefined) return undefined;
    const found = read(reading.resolve(file));
    if ("text" in found) return found.text;
    report(reading, at(name), `${name}: ${found.fault}`);
    return undefined;
  }
  const cert = readFile("cert", readPublicFile);
  const key = readFile("key", readPrivateFile);
  const ca = readFile("clientCa", readPublicFile);
  if (cert !== undefined && key !== undefined) {
    if (!isUsable({ cert })) report(reading, at("cert"), "cert holds no certificate in PEM");
    else if (!isUsable({ cert, key })) report(reading, at("key"), "key is not the PEM key of the certificate in cert");
  }
  // Left unchecked, a malformed authority would mean that nobody, or anybody, is let in (Caddy CVE-2026-27586).
  if (ca !== undefined && !(ca.includes("-----BEGIN CERTIFICATE-----") && isUsable({ ca }))) {
    report(reading, at("clientCa"), "clientCa holds no certificate in PEM");
  }
  const clientCertificate = tls.clientCertificate ?? (tls.clientCa === undefined ? "none" : "require");
  if (clientCertificate !== "none" && tls.clientCa === undefined) {
    report(reading, at("clientCertificate"), "clientCertificate needs clientCa: the authorities to believe");
  }
  const resolve = (file: string | undefined): string => reading.resolve(file ?? "");
  return Object.freeze({
    cert: resolve(tls.cert),
    key: resolve(tls.key),
    clientCa: tls.clientCa === undefined ? undefined : resolve(tls.clientCa),
    clientCertificate,
  });
}

function isUsable(parts: { cert?: string; key?: string; ca?: string }): boolean {
  try {
    createSecureContext(parts);
    return true;
  } catch {
    return false;
  }
}

/** Proxies in front. A block that holds the whole net would let every caller forge its address. */
export function readTrustedProxies(raw: RawConfig, reading: Reading): readonly string[] {
  return (raw.trustedProxies ?? []).flatMap((block, index) =>
    readBlock(block, ["trustedProxies", index], reading, "name your proxies"),
  );
}

/**
 * An address block, or nothing, and then the fault was reported. An address alone is a block of one.
 *
 * @param remedy for a block that is too large
 */
export function readBlock(
  block: string | undefined,
  path: ConfigPath,
  reading: Reading,
  remedy: string,
): readonly string[] {
  if (block === undefined) return [];
  const parsed = parseAddressBlock(block, remedy);
  if (!("fault" in parsed)) return [block];
  report(reading, path, parsed.fault);
  return [];
}
