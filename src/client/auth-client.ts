import type { Transport } from "@connectrpc/connect";
import type { WhoAmIResponse } from "../gen/sallyport/v1/auth_service_pb.js";
import type { Caller } from "../gen/sallyport/v1/caller_pb.js";
import { openPrivateKey, type PrivateKeyLogInOptions, type PrivateKeySource } from "./key/private-key.js";
import type {
  AuthWire,
  OperateAsOptions,
  RedeemedToken,
  ServiceToken,
  ServiceTokenOptions,
} from "./wires/auth-wire.js";
import { type AuthClientOptions, resolveClientOptions } from "./wires/client-options.js";
import { createEnterpriseWire } from "./wires/enterprise-wire.js";
import { createSallyportWire } from "./wires/sallyport-wire.js";

export type { TransportOptions } from "./bearer/open-transport.js";
export type { AuthClientOptions } from "./wires/client-options.js";

/**
 * Logs in, and calls services as whoever logged in.
 *
 * ```ts
 * const client = new AuthClient({ baseUrl });
 * await client.password("ada", password);
 * const greeter = createClient(GreetService, client.transport);
 * const response = await client.fetch("/me");
 * await client.close();
 * ```
 *
 * `transport` and `fetch` follow the token's rotation. When the session has ended they log in again, once for all calls
 * that notice, and repeat what is safe to repeat: for that the client keeps the password, or the key, in memory until `close`.
 */
export class AuthClient {
  /** A Connect transport that presents the token. With `"deephaven-enterprise"` it presents nothing. */
  readonly transport: Transport;
  /**
   * A `fetch` that presents the token to the origin of `baseUrl` and to no other. Relative URLs are allowed. With
   * `"deephaven-enterprise"` it presents nothing.
   */
  readonly fetch: typeof globalThis.fetch;
  readonly #wire: AuthWire;
  readonly #options: AuthClientOptions;

  /** @throws {ConnectError} `InvalidArgument` for options that contradict each other */
  constructor(options: AuthClientOptions);
  constructor(options: AuthClientOptions, wire?: AuthWire) {
    this.#options = options;
    this.#wire = wire ?? openWire(options);
    this.transport = this.#wire.transport;
    this.fetch = this.#wire.fetch;
  }

  /** The newest token of the session, for carriers that the client does not know; `undefined` without one. A secret. */
  get token(): string | undefined {
    return this.#wire.token;
  }

  /**
   * Logs in by user name and password. When this succeeds, it replaces a session that is held already; that one is not
   * ended, since streams may still live with it.
   *
   * @param effectiveUser whom to operate as. Default: nobody else
   * @returns who that is
   * @throws {AuthenticationFailedError} when user or password is wrong
   * @throws {ConnectError} when it could not be tried, or, with `bind`, the server does not bind
   */
  password(user: string, password: string, effectiveUser?: string): Promise<Caller | undefined> {
    return this.#wire.logIn({ kind: "password", user, password, operateAs: effectiveUser });
  }

  /**
   * Logs in by a private key: asks for a challenge, signs it, and answers. When this succeeds, it replaces a session that is
   * held already.
   *
   * ```ts
   * await client.privateKey(await readFile("priv-ada.base64.txt", "utf8"));           // the file names the user
   * await client.privateKey(await readFile("id_ed25519", "utf8"), { user: "ada" });
   * await client.privateKey({ privateKey, publicKey }, { user: "ada" });               // of WebCrypto
   * ```
   *
   * @returns who that is
   * @throws {AuthenticationFailedError} when the server does not take this key for this user
   * @throws {ConnectError} `InvalidArgument` when the key cannot be used, with what is wrong with it; any other when it
   *   could not be tried
   */
  async privateKey(key: PrivateKeySource, options: PrivateKeyLogInOptions = {}): Promise<Caller | undefined> {
    return this.#wire.logIn({ kind: "privateKey", signer: await openPrivateKey(key, options) });
  }

  /**
   * Waits until somebody has logged in in a browser. The key is good for one log-in: when the session has ended, calls are
   * refused instead of logging in again.
   *
   * ```ts
   * const { key, link, code } = await createExternalLink("https://gate.example/external");
   * console.log(`Open ${link} and go on if it shows the code ${code}`);
   * await client.external(key);
   * ```
   *
   * @param options.waitSeconds how long to wait; the server ends the wait by itself, after four minutes unless it was told
   *   otherwise. Default: 300
   * @returns who that is: show it, since whoever had the link may have logged in
   * @throws {AuthenticationFailedError} when nobody logged in, or the person said no
   * @throws {ConnectError} when it could not be tried
   */
  external(key: string, { waitSeconds = 300 }: { readonly waitSeconds?: number } = {}): Promise<Caller | undefined> {
    return this.#wire.logIn({ kind: "external", key, waitMs: waitSeconds * 1_000 });
  }

  /** Asks the server who is calling. Not with `"deephaven-enterprise"`, which has no such call. */
  whoAmI(): Promise<WhoAmIResponse> {
    return this.#wire.whoAmI();
  }

  /**
   * Keeps the session alive. The client does it by itself too, until `close`.
   *
   * @returns whether it was sent: `false` without a session
   * @throws {ConnectError} what the call failed with
   */
  ping(): Promise<boolean> {
    return this.#wire.ping();
  }

  /**
   * A one-time proof of who is logged in, for one service. Hand it over at once: it is good for seconds.
   *
   * @param service the name that the service redeems it by, exact
   * @throws {ConnectError} `FailedPrecondition` without a log-in, and nothing was sent then; `PermissionDenied` when the server
   *   does not let them operate as that account
   */
  async getToken(service: string, options: ServiceTokenOptions = {}): Promise<ServiceToken> {
    return this.#wire.getToken(service, options);
  }

  /**
   * For a service: whose token it was handed. That consumes it, so of any number who ask one learns who it is.
   *
   * @param token the `value` of a {@link ServiceToken}
   * @param service the service's own name, never one that came with the token. Default: the name that it is logged in by
   * @returns `undefined` when it is not good: used, expired, for another service, or no token at all
   * @throws {ConnectError} when that could not be told
   */
  async redeemToken(token: string, service: string = ""): Promise<RedeemedToken | undefined> {
    return this.#wire.redeemToken(token, service);
  }

  /**
   * From now on as somebody else, in a client of its own: this one goes on as it is. Not with `"deephaven-enterprise"`, where
   * `password`, a key file and `getToken` say it.
   *
   * ```ts
   * const asBob = await client.operateAs("bob", { reason: "ticket 4711" });
   * await asBob.close(); // ends that session alone
   * ```
   *
   * @throws {ConnectError} `PermissionDenied` when the server does not let them
   */
  async operateAs(subject: string, options: OperateAsOptions = {}): Promise<AuthClient> {
    return AuthClient.#over(this.#options, await this.#wire.operateAs(subject, options));
  }

  /**
   * Logs out, and forgets token, password and key whatever comes of it. Afterwards nothing runs in the background.
   *
   * @throws {ConnectError} when the server could not be told: the session then lives until its idle limit
   */
  close(): Promise<void> {
    return this.#wire.close();
  }

  static #over(options: AuthClientOptions, wire: AuthWire): AuthClient {
    // The second parameter is nobody else's business.
    return new (AuthClient as new (options: AuthClientOptions, wire: AuthWire) => AuthClient)(options, wire);
  }
}

function openWire(options: AuthClientOptions): AuthWire {
  const resolved = resolveClientOptions(options);
  return options.protocol === "deephaven-enterprise" ? createEnterpriseWire(resolved) : createSallyportWire(resolved);
}
