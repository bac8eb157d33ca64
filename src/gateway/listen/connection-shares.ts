import type { Socket } from "node:net";
import { toCanonicalAddress } from "../../base/ip-address.js";
import { toSource } from "../../credentials/source.js";

/** Counts connections, of each client and in all. */
export interface ConnectionShares {
  /** Returns whether there is room for a connection. It is counted until it closes. */
  admit(socket: Socket): boolean;
}

/**
 * Leaves room for others: while connections are left one client holds all of them but an eighth. A client is an IPv4
 * address, or the /64 of an IPv6 one. A trusted proxy stands for many clients and has no limit of its own.
 *
 * @param most of all listeners together
 */
export function createConnectionShares(most: number, isTrusted: (address: string) => boolean): ConnectionShares {
  const mostOfOne = Math.max(1, most - Math.ceil(most / 8));
  const held = new Map<string, number>();
  let all = 0;
  return {
    admit(socket) {
      const address = toCanonicalAddress(socket.remoteAddress ?? "");
      const client = toSource(address) ?? address;
      const count = held.get(client) ?? 0;
      if (all >= most || (count >= mostOfOne && !isTrusted(address))) return false;
      all += 1;
      held.set(client, count + 1);
      socket.on("close", () => {
        all -= 1;
        const left = (held.get(client) ?? 1) - 1;
        if (left === 0) held.delete(client);
        else held.set(client, left);
      });
      return true;
    },
  };
}
