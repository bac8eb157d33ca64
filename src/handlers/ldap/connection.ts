import { once } from "node:events";
import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectTls, createSecureContext, type SecureContext, type TLSSocket } from "node:tls";
import type { Client } from "ldapts";
import { type Breaker, type BreakerAttempt, isOwnFault } from "../../base/breaker.js";
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
 * The work and the wait for a connection fail at the deadline, in milliseconds of `platform.monotonic`. Errors of its own are
 * `AuthError` `unavailable`, worded to follow the name of the directory.
 *
 * @param breaker refuses to connect while the directory does not answer. What counts as a failure is a connection that could
 *   not be opened, or on which no answer came at all: how long a later answer takes may depend on who logs in. Default: none
 */
export function createConnections(settings: LdapSettings, library: Promise<Ldapts>, breaker?: Breaker): WithConnection {
  const { servers, ca, platform, connectTimeoutMs, timeoutMs } = settings;
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
    throw failure;
  }

  /** Opens a connection, or says what became of the attempt. */
  async function openBy(attempt: BreakerAttempt | undefined, deadline: number, isInTime: boolean): Promise<Socket> {
    try {
      return await openAny(deadline);
    } catch (error) {
      const why = `cannot be reached (${reasonOf(error)})`;
      if (isInTime && error !== undefined && !isOwnFault(error)) attempt?.failed(why);
      else attempt?.dropped();
      throw new AuthError("unavailable", why);
    }
  }

  return async (deadline, work) => {
    const { Client } = await library;
    const attempt = breaker?.begin();
    if (breaker !== undefined && attempt === undefined) {
      throw new AuthError("unavailable", "does not answer, and is tried once a second");
    }
    // What has waited for others has less time than the directory may take.
    const isInTime = deadline - platform.monotonic() >= Math.min(connectTimeoutMs, timeoutMs / 2);
    const socket = await openBy(attempt, deadline, isInTime);
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    const stop = platform.delay(deadline - platform.monotonic(), () => socket.destroy(), true);
    let given = false;
    let hasAnswered = false;
    const onAnswer = (): void => {
      hasAnswered = true;
      attempt?.succeeded();
    };
    let client: Client | undefined;
    try {
      client = new Client({
        url: "ldap://connected",
        createConnection: () => {
          if (given) throw new Error("the connection is gone");
          given = true;
          return socket.once("data", onAnswer);
        },
      });
      return await work(client);
    } finally {
      socket.off("data", onAnswer);
      // A connection that stands says nothing: what a caller typed may not be sayable to a directory.
      if (!hasAnswered && socket.destroyed && isInTime) attempt?.failed("takes connections, and does not answer");
      else if (!hasAnswered) attempt?.dropped();
      if (given) client?.unbind().catch(() => socket.destroy());
      else socket.destroy();
      await closed;
      stop();
    }
  };
}

/** The servers of a directory, for operators. */
export function serversOf({ servers }: Pick<LdapSettings, "servers">): string {
  return servers.map(({ host, port }) => `${host.includes(":") ? `[${host}]` : host}:${port}`).join(", ");
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
