import { isIPv4, isIPv6 } from "node:net";

export interface Authority {
  /** Lower case, without a port; IPv6 in brackets and in its shortest form. */
  readonly host: string;
  /** `host`, and the port where one was given. */
  readonly authority: string;
}

/** No user information, no percent-encoding, no empty label; underscores are in the names of containers. */
const form = /^([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?(?::([1-9][0-9]{0,4}))?$/;

const bracketed = /^(\[[0-9a-f:.]{2,45}\])(?::([1-9][0-9]{0,4}))?$/;

/** A host whose last label is a number is an IPv4 address to a URL parser, in whatever base: `127.1`, `0x7f000001`. */
const endsInNumber = /(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$/;

const maxHostLength = 253;

const maxPort = 65_535;

/** The authorities that were parsed. Hosts are few; a client that invents many only empties the table. */
const known = new Map<string, Authority>();

const maxKnown = 1_000;

/**
 * Parses host and port of a `Host` or `:authority` value (RFC 3986 §3.2.2 and §3.2.3). `undefined` when it is
 * ill-formed, or when URL parsers would read another host from it.
 *
 * A trailing dot is removed: `admin.example.` names the same machine as `admin.example`, and must meet its rule.
 */
export function toCanonicalAuthority(value: string): Authority | undefined {
  const remembered = known.get(value);
  if (remembered !== undefined) return remembered;
  const authority = parse(value.toLowerCase());
  if (authority !== undefined && value.length <= maxHostLength) {
    if (known.size >= maxKnown) known.clear();
    known.set(value, authority);
  }
  return authority;
}

function parse(value: string): Authority | undefined {
  const [, name, port] = form.exec(value) ?? bracketed.exec(value) ?? [];
  const host = name === undefined ? undefined : toCanonicalHost(name);
  if (host === undefined || host.length > maxHostLength || Number(port ?? 1) > maxPort) return undefined;
  return Object.freeze({ host, authority: port === undefined ? host : `${host}:${port}` });
}

function toCanonicalHost(name: string): string | undefined {
  if (name.startsWith("[")) return isIPv6(name.slice(1, -1)) ? new URL(`http://${name}`).hostname : undefined;
  return endsInNumber.test(name) && !isIPv4(name) ? undefined : name;
}
