import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Client, Code, ConnectError, createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { AuthService, type LogInRequestSchema, type WhoAmIResponse } from "../gen/sallyport/v1/auth_service_pb.js";
import type { Caller } from "../gen/sallyport/v1/caller_pb.js";
import { createAuthFetch } from "./auth-fetch.js";
import { AuthenticationFailedError, toLogInError } from "./authentication-failed-error.js";
import { type Bearer, createBearer } from "./bearer.js";
import { createBearerInterceptor } from "./bearer-interceptor.js";
import { createKeepAlive, type Delay, type KeepAlive, systemDelay } from "./keep-alive.js";
import { openPrivateKey, type PrivateKeyLogInOptions, type PrivateKeySource } from "./private-key.js";
import { createProofKey } from "./proof-key.js";

/** Options of {@link AuthClient}. */
export interface AuthClientOptions {
  /** Where the services are, such as `https://api.example.com`; in a browser it may be relative to the page. */
  readonly baseUrl: string;
  /**
   * Makes the Connect transport. Default: the Connect protocol over `fetch`, which runs in browsers and Node and carries
   * unary calls and server streams. For gRPC in Node:
   * `transport: (options) => createGrpcTransport(options)`.
   */
  readonly transport?: ((options: TransportOptions) => Transport) | undefined;
  /** What sends HTTP requests, for `client.fetch` and the default transport. Default: the platform's `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /**
   * Binds sessions to a key that the client makes and nobody can copy (DPoP, RFC 9449): a copied token is worth nothing.
   * Every call then carries a signature. Default: `false`. In a browser `https:` is needed, or `localhost`.
   */
  readonly bind?: boolean | undefined;
  /** How long a call of the client's own may take, in seconds: log-in, ping, log-out. Default: 120; 0 is no limit. */
  readonly rpcTimeoutSeconds?: number | undefined;
  /**
   * While only streams are open, the session is refreshed this often, in seconds. Default: 60, well below the idle
   * limits in use. 0 turns it off.
   */
  readonly keepAliveSeconds?: number | undefined;
  /** The timer, for tests. Default: the platform's. */
  readonly delay?: Delay | undefined;
}

/** What a transport factory is given, and must use. */
export interface TransportOptions {
  readonly baseUrl: string;
  readonly interceptors: Interceptor[];
}

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
  /** A Connect transport that presents the token. */
  readonly transport: Transport;
  /** A `fetch` that presents the token to the origin of `baseUrl` and to no other. Relative URLs are allowed. */
  readonly fetch: typeof globalThis.fetch;
  readonly #bearer: Bearer;
  readonly #service: Client<typeof AuthService>;
  readonly #keepAlive: KeepAlive;
  readonly #timeoutMs: number;

  constructor(options: AuthClientOptions) {
    const { baseUrl, fetch, rpcTimeoutSeconds = 120, keepAliveSeconds = 60, delay = systemDelay } = options;
    const makeTransport =
      options.transport ?? ((given: TransportOptions) => createConnectTransport(fetch ? { ...given, fetch } : given));
    const key = options.bind === true ? createProofKey({ delay }) : undefined;
    this.#bearer = createBearer({ key, refresh: () => this.ping() });
    this.#timeoutMs = rpcTimeoutSeconds * 1_000;
    this.#keepAlive = createKeepAlive(keepAliveSeconds * 1_000, () => this.ping(), delay);
    const interceptors = [createBearerInterceptor(this.#bearer)];
    if (keepAliveSeconds > 0) interceptors.push(this.#keepAlive.interceptor);
    this.transport = makeTransport({ baseUrl, interceptors });
    this.fetch = createAuthFetch({ baseUrl, bearer: this.#bearer, fetch });
    this.#service = createClient(AuthService, this.transport);
  }

  /** The newest token of the session, for carriers that the client does not know; `undefined` without one. A secret. */
  get token(): string | undefined {
    return this.#bearer.token;
  }

  /**
   * Logs in by user name and password. When this succeeds, it replaces a session that is held already; that one is not
   * ended, since streams may still live with it.
   *
   * @returns who that is
   * @throws {AuthenticationFailedError} when user or password is wrong
   * @throws {ConnectError} when it could not be tried, or, with `bind`, the server does not bind
   */
  password(user: string, password: string): Promise<Caller | undefined> {
    return this.#logIn(async () => ({ proof: { case: "password", value: { user, password } } }));
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
    const signer = await openPrivateKey(key, options);
    const { user, publicKey } = signer;
    const operateAs = signer.operateAs === undefined ? undefined : { subject: signer.operateAs };
    return this.#logIn(async () => {
      const { realm, nonce } = await this.#service.getChallenge({ user, publicKey }, this.#callOptions());
      const signature = await signer.sign({ realm, nonce });
      return { proof: { case: "privateKey", value: { user, publicKey, nonce, signature } }, operateAs };
    });
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
    let used = false;
    const prove = async () => {
      if (used) throw new AuthenticationFailedError("The log-in in the browser is over. Make a new link.");
      used = true;
      return { proof: { case: "external", value: { key } } } as const;
    };
    return this.#logIn(prove, waitSeconds * 1_000);
  }

  /** Asks the server who is calling. */
  whoAmI(): Promise<WhoAmIResponse> {
    return this.#service.whoAmI({}, this.#callOptions());
  }

  /**
   * Keeps the session alive.
   *
   * @returns whether it was sent: `false` without a session
   * @throws {ConnectError} what the call failed with
   */
  async ping(): Promise<boolean> {
    if (this.#bearer.token === undefined) return false;
    await this.#service.refresh({}, this.#callOptions());
    return true;
  }

  /**
   * Logs out, and forgets token, password and key whatever comes of it.
   *
   * @throws {ConnectError} when the server could not be told: the session then lives until its idle limit
   */
  async close(): Promise<void> {
    const { token } = this.#bearer;
    this.#bearer.forget();
    this.#keepAlive.stop();
    if (token === undefined) return;
    // Outside the interceptor: a session that has ended already is no reason to log in again.
    const options = {
      ...this.#callOptions(),
      headers: { authorization: `${this.#bearer.key ? "DPoP" : "Bearer"} ${token}` },
    };
    await this.#service.logOut({}, options).catch((error: ConnectError) => {
      if (!isOver(error)) throw error;
    });
  }

  /** Now, and again whenever the session is found to have ended. */
  async #logIn(
    prove: () => Promise<MessageInitShape<typeof LogInRequestSchema>>,
    timeoutMs = this.#timeoutMs,
  ): Promise<Caller | undefined> {
    let caller: Caller | undefined;
    await this.#bearer.logIn(async () => {
      let scheme: string | undefined;
      const onHeader = (header: Headers) => {
        scheme = header.get("authorization")?.split(" ", 1)[0];
      };
      try {
        const response = await this.#service.logIn(await prove(), { timeoutMs, onHeader });
        if (this.#bearer.key !== undefined && scheme !== "DPoP") throw notBound();
        caller = response.caller;
        return response.token;
      } catch (error) {
        throw toLogInError(error);
      }
    });
    return caller;
  }

  #callOptions(): { timeoutMs: number } {
    return { timeoutMs: this.#timeoutMs };
  }
}

/** Or every call would be refused, for a reason that nobody could guess. */
function notBound(): ConnectError {
  return new ConnectError(
    "bind: the server has opened a session that is not bound to the key",
    Code.FailedPrecondition,
  );
}

/** There is nothing left to log out of. */
function isOver(error: ConnectError): boolean {
  return (
    error.code === Code.Unauthenticated && ["expired", "revoked"].includes(error.metadata.get("sallyport-reason") ?? "")
  );
}
