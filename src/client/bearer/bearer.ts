import { Code, ConnectError } from "@connectrpc/connect";
import type { OptionKinds } from "../../wire/option-fault.js";
import { AuthenticationFailedError } from "./authentication-failed-error.js";
import { hide } from "./hide.js";
import type { ProofKey, ProvenCall } from "./proof-key.js";
import { requireClientOptions } from "./require-options.js";
import { createTokenHolder } from "./token-holder.js";

/**
 * The client's side of one session. It holds the token to send, takes new tokens from answers, and decides whether to
 * repeat a refused call. `createBearerInterceptor` and `createAuthFetch` can share one, and so one log-in.
 */
export interface Bearer {
  /** The newest token, which is secret; `undefined` without one. */
  readonly token: string | undefined;
  /** The key to which the session is bound; `undefined` when it is not. */
  readonly key: ProofKey | undefined;
  /** Begins a call. */
  call(): BearerCall;
  /**
   * Logs in now, and again by the same function when the session has ended, until that is refused with an {@link
   * AuthenticationFailedError}. Rejects with the error of the function, and then keeps the session that it had.
   */
  logIn(logIn: LogIn): Promise<void>;
  /** Forgets token and log-in. A log-in under way is discarded. */
  forget(): void;
}

/** Logs in and returns the token. */
export type LogIn = () => Promise<string>;

/** A call with its repetitions. */
export interface BearerCall {
  /** The token to send, or `undefined` to send none. */
  readonly token: string | undefined;
  /**
   * Sets the headers that present the token: `authorization`, and `dpop` if the session is bound. Call it for each
   * repetition.
   *
   * @param repeatable whether the call can be sent again. Default: `true`. Before a call that cannot, a stale nonce of
   *   a bound session is renewed.
   */
  authorize(header: Headers, call: Omit<ProvenCall, "token">, repeatable?: boolean): Promise<void>;
  /**
   * Takes the tokens and the nonce of an answer. Call it with every `authorization` field (header, error metadata or
   * trailer) and every `dpop-nonce`.
   */
  learn(authorization: string | null, nonce?: string | null): void;
  /**
   * Decides whether to repeat a call that was refused with code `unauthenticated`, and logs in again if that helps. No
   * service method has run, so a call whose messages are still available may be repeated.
   *
   * @param reason the value of `sallyport-reason`
   * @returns `true`: repeat the call with `token`, if its messages are available
   * @throws the error of the log-in, if one was needed
   */
  again(reason: string | null): Promise<boolean>;
}

/** Options of `createBearer`. */
export interface BearerOptions {
  /** The token to start with. */
  readonly token?: string | undefined;
  /** Logs in again when the session has ended. Default: none, and the calls fail. */
  readonly logIn?: LogIn | undefined;
  /**
   * `false` for a relay that acts with the token of another client: it sends only `token`, and passes tokens of answers
   * to `onToken`, since only their owner must follow the rotation. Two clients that follow one session would cause a
   * theft alarm. Default: `true`.
   */
  readonly follow?: boolean | undefined;
  /** The key to which the session is bound: `logIn` must send a proof by it, as `AuthClient` does. Default: none. */
  readonly key?: ProofKey | undefined;
  /** With `key`: makes any call to get a fresh nonce, before calls that cannot be repeated. Default: none. */
  readonly refresh?: (() => Promise<unknown>) | undefined;
  /** Ends the session of a log-in that was over too late, after a log-out or another log-in. Default: it is left. */
  readonly discard?: ((token: string) => Promise<unknown>) | undefined;
  /** Called with every token of an answer that is newer than the held one. */
  readonly onToken?: ((token: string) => void) | undefined;
}

const createBearerKinds: OptionKinds<BearerOptions> = {
  token: "string",
  logIn: "function",
  follow: "boolean",
  key: "object",
  refresh: "function",
  discard: "function",
  onToken: "function",
};

/** Makes a {@link Bearer}. */
export function createBearer(options: BearerOptions = {}): Bearer {
  requireClientOptions("createBearer", options, createBearerKinds);
  const follow = options.follow ?? true;
  const { onToken, key, refresh, discard } = options;
  const holder = createTokenHolder(options.token);
  let source = follow ? options.logIn : undefined;
  let underWay: Promise<void> | undefined;

  function start(by: LogIn): Promise<void> {
    const current = run();
    underWay = current;
    return current;

    async function run(): Promise<void> {
      try {
        const token = await by();
        if (underWay !== current) {
          discard?.(token).catch(() => {}); // then it ends at its idle limit
          throw new ConnectError("the client has logged out or logged in again meanwhile", Code.Canceled);
        }
        holder.replace(token);
        source = by;
      } catch (error) {
        // Wrong credentials would be refused again with every call, and throttled.
        if (error instanceof AuthenticationFailedError && source === by) source = undefined;
        throw error;
      } finally {
        if (underWay === current) underWay = undefined;
      }
    }
  }

  function call(): BearerCall {
    let sent = holder.token;
    let repeated = false;
    let loggedIn = false;
    const proofsRefused = new Set<string>();

    function takeNewer(): boolean {
      const newer = holder.newerThan(sent);
      if (newer === undefined) return false;
      sent = newer;
      return true;
    }

    const current: BearerCall = {
      get token() {
        return sent;
      },
      async authorize(header, { method, url }, repeatable = true) {
        if (sent === undefined) {
          header.delete("authorization");
          header.delete("dpop");
          return;
        }
        if (key !== undefined && !repeatable && key.isStale) {
          await refresh?.().catch(() => {}); // the call itself reports the error
          takeNewer();
        }
        header.set("authorization", `${key === undefined ? "Bearer" : "DPoP"} ${sent}`);
        if (key !== undefined) header.set("dpop", await key.prove({ method, url, token: sent }));
      },
      learn(authorization, nonce = null) {
        key?.learn(nonce);
        for (const token of tokensIn(authorization)) {
          if (follow ? holder.offer(token) : token !== sent) onToken?.(token);
        }
      },
      async again(reason) {
        if (!follow) return false;
        if (reason === "superseded") {
          // A newer token was confirmed. If this client does not have it, repeating the call with the old one would not
          // help.
          if (repeated) return false;
          repeated = true;
          return takeNewer();
        }
        if (reason !== null && key !== undefined && proofReasons.has(reason)) {
          // A new proof helps if the nonce was old, or if a browser or a proxy has sent the call twice.
          if (proofsRefused.has(reason)) return false;
          proofsRefused.add(reason);
          // The refusal may be late, and repeating the call with a token that is superseded by now would look like
          // theft.
          takeNewer();
          return true;
        }
        if (reason === null || !overReasons.has(reason) || loggedIn) return false;
        loggedIn = true;
        if (takeNewer()) return true; // another call has logged in meanwhile
        // All calls that find the session ended share one log-in.
        const logIn = underWay ?? (source && start(source));
        if (logIn === undefined) {
          if (finalReasons.has(reason) && holder.token === sent) holder.forget();
          return false;
        }
        await logIn;
        return takeNewer();
      },
    };
    return hide(current, "token");
  }

  const bearer: Bearer = {
    get token() {
      return holder.token;
    },
    key,
    call,
    logIn: start,
    forget() {
      source = undefined;
      underWay = undefined;
      holder.forget();
    },
  };
  return hide(bearer, "token");
}

/** Reasons after which a new log-in helps. `unavailable` is not among them: the token may be valid. */
const overReasons: ReadonlySet<string> = new Set(["expired", "revoked", "invalid_token", "no_credentials"]);

/** Reasons after which a new proof may help. */
const proofReasons: ReadonlySet<string> = new Set(["use_dpop_nonce", "invalid_dpop_proof"]);

/**
 * Reasons after which every node refuses the token. `invalid_token` is not among them: a node may not have read the
 * token's key yet.
 */
const finalReasons: ReadonlySet<string> = new Set(["expired", "revoked"]);

/** Returns the session tokens in an `authorization` value, in which several fields are joined by commas. */
function tokensIn(authorization: string | null): string[] {
  if (authorization === null) return [];
  return Array.from(
    authorization.matchAll(/(?:^|,)\s*(?:bearer|dpop) +(sps_[A-Za-z0-9_-]{80})(?![^,\s])/gi),
    (m) => m[1] ?? "",
  );
}
