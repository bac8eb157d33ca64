import type { Transport } from "@connectrpc/connect";
import type { WhoAmIResponse } from "../gen/sallyport/v1/auth_service_pb.js";
import type { Caller } from "../gen/sallyport/v1/caller_pb.js";
import { requireClientOptions } from "./bearer/require-options.js";
import { openPrivateKey, type PrivateKeyLogInOptions, type PrivateKeySource } from "./key/private-key.js";
import type { AuthWire, ClientAsOptions, RedeemedToken, ServiceToken, ServiceTokenOptions } from "./wires/auth-wire.js";
import { type AuthClientOptions, resolveClientOptions } from "./wires/client-options.js";
import { createEnterpriseWire } from "./wires/enterprise-wire.js";
import { createSallyportWire } from "./wires/sallyport-wire.js";

export type { TransportOptions } from "./bearer/open-transport.js";
export type { AuthClientOptions } from "./wires/client-options.js";

const passwordKinds = { user: "string!", password: "string!", effectiveUser: "string" } as const;

/**
 * A client that logs in and calls services with the session's token.
 *
 * ```ts
 * const client = new AuthClient({ baseUrl });
 * await client.password("ada", password);
 * const greeter = createClient(GreetService, client.transport);
 * const response = await client.fetch("/me");
 * await client.close();
 * ```
 *
 * `transport` and `fetch` follow the token's rotation. When the session has ended they log in again, once for all
 * calls, and repeat the calls that are safe to repeat. For that the client keeps the password or the key in memory
 * until `close`.
 */
export class AuthClient {
  /** A Connect transport that presents the token. With `"deephaven-enterprise"` it presents none. */
  readonly transport: Transport;
  /**
   * A `fetch` that presents the token to the origin of `baseUrl` only. Relative URLs are allowed. With
   * `"deephaven-enterprise"` it presents none.
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

  /**
   * The newest token of the session, which is secret, for carriers that the client does not support; `undefined`
   * without one.
   */
  get token(): string | undefined {
    return this.#wire.token;
  }

  /**
   * Logs in by user name and password. On success the new session replaces the held one, which is not ended, since
   * streams may still use it.
   *
   * @param effectiveUser the account to operate as. Default: the user's own
   * @returns the caller
   * @throws {AuthenticationFailedError} when user or password is wrong, or the user may not operate as `effectiveUser`
   * @throws {ConnectError} `Unimplemented` when the server does not serve the log-in; `InvalidArgument` without a user or
   *   a password; any other code when it could not be asked or, with `bind`, does not bind the session
   */
  async password(user: string, password: string, effectiveUser?: string): Promise<Caller | undefined> {
    requireClientOptions("password", { user, password, effectiveUser }, passwordKinds);
    return this.#wire.logIn({ kind: "password", user, password, operateAs: effectiveUser });
  }

  /**
   * Logs in by a private key: it asks for a challenge, signs it, and sends the signature. On success the new session
   * replaces the held one.
   *
   * ```ts
   * await client.privateKey(await readFile("priv-ada.base64.txt", "utf8"));           // the file names the user
   * await client.privateKey(await readFile("id_ed25519", "utf8"), { user: "ada" });
   * await client.privateKey({ privateKey, publicKey }, { user: "ada" });               // of WebCrypto
   * ```
   *
   * @returns the caller
   * @throws {AuthenticationFailedError} when the server does not accept this key for this user
   * @throws {ConnectError} `InvalidArgument`, with the fault, when the key cannot be used; any other code when the
   *   server could not be asked
   */
  async privateKey(key: PrivateKeySource, options: PrivateKeyLogInOptions = {}): Promise<Caller | undefined> {
    return this.#wire.logIn({ kind: "privateKey", signer: await openPrivateKey(key, options) });
  }

  /**
   * Waits until a person has logged in in a browser. The key is valid for one log-in: when the session has ended, calls
   * fail, since the client cannot log in again.
   *
   * ```ts
   * const { key, link, code } = await createExternalLink("https://gate.example/external");
   * console.log(`Open ${link} and go on if it shows the code ${code}`);
   * await client.external(key);
   * ```
   *
   * @param options.waitMs how long to wait, in milliseconds. Default: 300,000, longer than the server waits by default
   *   (four minutes)
   * @returns the caller: show it, since any person who had the link may have logged in
   * @throws {AuthenticationFailedError} when no person logged in, or the person refused
   * @throws {ConnectError} when the server could not be asked
   */
  external(key: string, { waitMs = 300_000 }: { readonly waitMs?: number } = {}): Promise<Caller | undefined> {
    return this.#wire.logIn({ kind: "external", key, waitMs });
  }

  /**
   * Asks the server for the caller and the session. With `"deephaven-enterprise"`, which has no such call, it rejects
   * with `Unimplemented`.
   */
  whoAmI(): Promise<WhoAmIResponse> {
    return this.#wire.whoAmI();
  }

  /**
   * Keeps the session alive. Until `close`, the client also does it by itself.
   *
   * @returns whether there is a session: `false`, and nothing is sent, without one
   * @throws {ConnectError} the error of the call
   */
  ping(): Promise<boolean> {
    return this.#wire.ping();
  }

  /**
   * Gets a one-time token that proves the caller's identity to one service. Hand it over at once: it is valid for
   * seconds.
   *
   * @param service the exact name by which the service redeems it
   * @throws {ConnectError} `FailedPrecondition`, and nothing is sent, without a log-in; `PermissionDenied` when the
   *   server does not allow operating as that account
   */
  async getToken(service: string, options: ServiceTokenOptions = {}): Promise<ServiceToken> {
    return this.#wire.getToken(service, options);
  }

  /**
   * Redeems a token that a client handed to this service, which consumes it: of all callers, only the first gets the
   * identity.
   *
   * @param token the `value` of a {@link ServiceToken}
   * @param service the service's own name, never one that came with the token. Default: the user name of its log-in
   * @returns the token's caller; `undefined` when the token is used, expired, for another service, or malformed
   * @throws {ConnectError} when the server could not decide
   */
  async redeemToken(token: string, service: string = ""): Promise<RedeemedToken | undefined> {
    return this.#wire.redeemToken(token, service);
  }

  /**
   * Operates as another account, in a new client with its own session; this client stays as it is. With
   * `"deephaven-enterprise"` it rejects with `Unimplemented`: there `password`, the key file and `getToken` take the
   * account.
   *
   * ```ts
   * const asBob = await client.clientAs("bob", { reason: "ticket 4711" });
   * await asBob.close(); // ends that session alone
   * ```
   *
   * @throws {ConnectError} `PermissionDenied` when the server does not allow it
   */
  async clientAs(subject: string, options: ClientAsOptions = {}): Promise<AuthClient> {
    return AuthClient.#over(this.#options, await this.#wire.openAs(subject, options));
  }

  /**
   * Logs out, and forgets token, password and key even if that fails. Afterwards nothing runs in the background.
   *
   * @throws {ConnectError} when the log-out failed: the session then lives until its idle limit
   */
  close(): Promise<void> {
    return this.#wire.close();
  }

  static #over(options: AuthClientOptions, wire: AuthWire): AuthClient {
    // The second parameter is internal.
    return new (AuthClient as new (options: AuthClientOptions, wire: AuthWire) => AuthClient)(options, wire);
  }
}

function openWire(options: AuthClientOptions): AuthWire {
  const resolved = resolveClientOptions(options);
  return options.protocol === "deephaven-enterprise" ? createEnterpriseWire(resolved) : createSallyportWire(resolved);
}
