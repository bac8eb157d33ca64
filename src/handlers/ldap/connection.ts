import { once } from "node:events";
import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectTls, createSecureContext, type SecureContext, type TLSSocket } from "node:tls";
import type { Client } from "ldapts";
import { AuthError } from "../../base/errors.js";
import type { Platform } from "../../base/platform.js";
import type { LdapServer, LdapSettings } from "./options.js";
import { requestStartTls } from "./start-tls.js";

type Ldapts = typeof import("ldapts");

/** Runs one log-in on a new connection, and closes the connection afterwards. */
export type WithConnection = <T>(deadline: number, work: (client: Client) => Promise<T>) => Promise<T>;

/**
 * Makes the function that connects to the first reachable server. Log-ins share no connection, and a connection that
 * breaks is not opened again: the client library would open it in the clear.
 *
 * The work and the wait for a connection fail at the deadline, in milliseconds of `platform.monotonic`.
 */
export function createConnections(settings: LdapSettings, library: Promise<Ldapts>): WithConnection {
  const { servers, ca, platform, connectTimeoutMs } = settings;
  const secureContext = createSecureContext(ca && { ca: [...ca] });
  let preferred = 0;

  async function openAny(deadline: number): Promise<Socket> {
    let failure: unknown;
    for (let tried = 0; tried < servers.length; tried++) {
      const index = (preferred + tried) % servers.length;
      const server = servers[index] as LdapServer;
      const leftMs = deadline - platform.monotonic();
      if (leftMs <= 0) break;
      try {
        const socket = await open(server, secureContext, platform, Math.min(leftMs, connectTimeoutMs));
        preferred = index;
        return socket;
      } catch (error) {
        failure = error;
      }
    }
    throw new AuthError("unavailable", `ldap: the directory cannot be reached (${reasonOf(failure)})`);
  }

  return async (deadline, work) => {
    const { Client } = await library;
    const socket = await openAny(deadline);
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    const stop = platform.delay(deadline - platform.monotonic(), () => socket.destroy(), true);
    let given = false;
    const client = new Client({
      url: "ldap://connected",
      createConnection: () => {
        if (given) throw new Error("the connection is gone");
        given = true;
        return socket;
      },
    });
    try {
      return await work(client);
    } finally {
      if (given) client.unbind().catch(() => socket.destroy());
      else socket.destroy();
      await closed;
      stop();
    }
  };
}

/** Opens a connection on which a password may be sent. */
async function open(
  { host, port, transport }: LdapServer,
  secureContext: SecureContext,
  platform: Platform,
  timeoutMs: number,
): Promise<Socket> {
  const trust = {
    host,
    // Set, since an environment variable (NODE_TLS_REJECT_UNAUTHORIZED) could change the default.
    rejectUnauthorized: true,
    secureContext,
    ...(isIP(host) === 0 && { servername: host }),
  };
  const first = transport === "ldaps" ? connectTls({ ...trust, port }) : connectPlain({ host, port });
  const stop = platform.delay(timeoutMs, () => first.destroy(new Error("timed out")), true);
  // A permanent listener: a socket that fails while no code awaits it must not end the process.
  first.on("error", () => {});
  try {
    if (transport === "ldaps") return await secured(first as TLSSocket);
    await once(first, "connect");
    if (transport === "plain") return first;
    await requestStartTls(first);
    return await secured(connectTls({ ...trust, socket: first }));
  } catch (error) {
    first.destroy();
    throw error;
  } finally {
    stop();
  }
}

async function secured(socket: TLSSocket): Promise<Socket> {
  socket.on("error", () => {});
  await once(socket, "secureConnect");
  return socket;
}

/** Returns the code of a failure, for the operator. A server's text is left out, since it may hold anything. */
export function reasonOf(error: unknown): string {
  const code: unknown = (error as { code?: unknown } | null | undefined)?.code;
  if (typeof code === "number") return `result ${code}`;
  if (typeof code === "string" && /^[A-Z0-9_]{1,64}$/.test(code)) return code;
  return error instanceof Error && /^(timed out|StartTLS was refused)$/.test(error.message)
    ? error.message
    : "no answer";
}
