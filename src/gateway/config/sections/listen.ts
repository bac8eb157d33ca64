import { isLoopback } from "../../../base/ip-address.js";
import type { AddressConfig, ListenConfig } from "../../listen/listen-config.js";
import { addressForm, faultOfAddress, parseHostAndPort, toAddressText } from "../address.js";
import type { ConfigPath } from "../document.js";
import { flag, list, object, type RawList, type RawOf, type Schema } from "../schema.js";
import { type Section, type SectionContext, section } from "./section.js";
import { tlsPart } from "./tls.js";

const address = (description: string): Schema<string> => ({ type: "string", title: addressForm, description });

const listener = object(
  {
    address: address("Host and port, such as `127.0.0.1:8080`. Port 0 takes a free one."),
    insecure: flag(
      "`true` allows listening without TLS where other machines can connect. An attacker on the network can then read passwords and tokens.",
    ),
    tls: tlsPart.schema,
    proxyProtocol: flag(
      "Connections of `trustedProxies` begin with a PROXY header (HAProxy, versions 1 and 2), which names the client; one without it is refused. Other connections begin as usual.",
    ),
  },
  ["address"],
  "One address.",
);

const listeners: Schema<RawList<RawOf<typeof listener>>> = {
  ...list(listener, "a list of addresses", "Where the gateway listens."),
  minItems: 1,
};

/** The addresses of the gateway. */
export const listenSection: Section<readonly ListenConfig[]> = section(listeners, (raw = [], at, context) => {
  const read: ListenConfig[] = [];
  for (const [index, item = {}] of raw.entries()) {
    const path = [...at, index];
    const address = readAddress(item.address, [...path, "address"], read, context);
    const tls = tlsPart.read(item.tls, [...path, "tls"], context);
    if (item.proxyProtocol && !context.namesIn("trustedProxies")?.length) {
      const message = "proxyProtocol needs trustedProxies: the proxies whose headers count";
      context.report([...path, "proxyProtocol"], message);
    }
    if (address !== undefined) checkExposure(address, item, path, context);
    read.push(Object.freeze({ ...(address ?? nowhere), tls, proxyProtocol: item.proxyProtocol ?? false }));
  }
  return read;
});

/** The address of administration. */
export const adminSection: Section<AddressConfig | undefined> = section(
  object(
    {
      address: address("Host and port, separate from traffic, since every client that can connect sees the metrics."),
      insecure: flag(
        "`true` allows an address that other machines reach: where a network lets only collectors through.",
      ),
    },
    ["address"],
    "Liveness, readiness and Prometheus metrics. Default: none.",
  ),
  (raw, path, context) => {
    const at = [...path, "address"];
    const address = readAddress(raw?.address, at, context.above.listen, context);
    if (address !== undefined && raw?.insecure !== true && !isLoopback(address.host)) {
      context.report(
        at,
        "others can connect here and read metrics, which name routes and schemes; listen on 127.0.0.1, " +
          "or say insecure: true where only your collectors and probes can connect",
      );
    }
    return address;
  },
);

/** Stands for an address whose fault was reported. */
const nowhere: AddressConfig = { host: "", port: 0 };

function readAddress(
  text: string | undefined,
  path: ConfigPath,
  above: readonly AddressConfig[],
  context: SectionContext,
): AddressConfig | undefined {
  if (text === undefined) return undefined;
  const address = parseHostAndPort(text);
  if (address === undefined) {
    context.report(path, faultOfAddress(text));
    return undefined;
  }
  const isTaken = above.some((other) => toAddressText(other) === toAddressText(address));
  if (address.port !== 0 && isTaken) context.report(path, "this address is taken above; give another port");
  return address;
}

/**
 * Reports a listener without TLS that other machines can reach, unless it has `insecure`: requests hold passwords and
 * tokens.
 */
function checkExposure(
  { host }: AddressConfig,
  { insecure = false, tls }: RawOf<typeof listener>,
  path: ConfigPath,
  context: SectionContext,
): void {
  if (tls !== undefined && insecure) {
    context.report([...path, "insecure"], "insecure and tls contradict each other; remove one");
  }
  if (tls === undefined && !insecure && !isLoopback(host)) {
    context.report(
      [...path, "address"],
      "others can connect here and read passwords and tokens on the way; add tls: { cert, key }, or listen on 127.0.0.1, " +
        "or say insecure: true where something in front speaks TLS",
    );
  }
}
