import { Code, ConnectError } from "@connectrpc/connect";
import { AuthenticationFailedError } from "./authentication-failed-error.js";
import type { ProofKey, ProvenCall } from "./proof-key.js";
import { createTokenHolder } from "./token-holder.js";

/**
 * The client's side of one session: which token to send, what to learn from an answer, and whether a refused call may
 * be repeated. `createBearerInterceptor` and `createAuthFetch` share one, and so one log-in.
 */
export interface Bearer {
  /** The newest token, or `undefined`. It is a secret. */
  readonly token: string | undefined;
  /** What the session is bound to, if it is. */
  readonly key: ProofKey | undefined;
  /** Begins a call. */
  call(): BearerCall;
  /**
   * Logs in now, and again by the same function whenever the session is found to have ended, until that is refused
   * with an {@link AuthenticationFailedError}. Rejects with what the function rejects with, and then all is as before.
   */
  logIn(logIn: LogIn): Promise<void>;
  /** Forgets token and log-in. A log-in under way comes to nothing. */
  forget(): void;
}

/** Logs in and returns the token. */
export type LogIn = () => Promise<string>;

/** One call, with its repetitions. */
export interface BearerCall {
  /** The token to send, or `undefined` to send none. */
  readonly token: string | undefined;
  /**
   * Sets what presents the token, anew for each repetition: `authorization`, and `dpop` if the session is bound.
   *
   * @param repeatable whether the call can be sent again. Default: `true`. For one that cannot, a bound session's stale
   *   nonce is renewed first.
   */
  authorize(header: Headers, call: Omit<ProvenCall, "token">, repeatable?: boolean): Promise<void>;
  /**
   * To be told the value of every `authorization` field of an answer: header, error metadata or trailer; and of every
   * `dpop-nonce`.
   */
  learn(authorization: string | null, nonce?: string | null): void;
  /**
   * To be asked when the call was refused with code `unauthenticated`, given the value of `sallyport-reason`. Logs in
   * again if that helps. No handler ran, so a call whose messages are still there may be repeated.
   *
   * @returns `true`: repeat it with `token`, if it can be
   * @throws what the log-in failed with, when it came to that
   */
  again(reason: string | null): Promise<boolean>;
}

/** Options of `createBearer`. */
export interface BearerOptions {
  /** The token to start with. */
  readonly token?: string | undefined;
  /** How to log in again when the session has ended. Default: not at all. */
  readonly logIn?: LogIn | undefined;
  /**
   * `false` for a relay that acts with somebody else's token: it sends `token` and nothing else, and hands what comes
   * back to `onToken`, since it is the owner who must follow. Two that follow one session would trip theft detection.
   * Default: `true`.
   */
  readonly follow?: boolean | undefined;
  /** Binds the session to a key: `logIn` must have sent a proof by it, as `AuthClient` does. Default: none. */
  readonly key?: ProofKey | undefined;
  /** Makes any call, so that the answer brings a fresh nonce; with `key`, for calls that cannot be repeated. Default: nothing. */
  readonly refresh?: (() => Promise<unknown>) | undefined;
  /** Called with every token of an answer that is newer than what is held. */
  readonly onToken?: ((token: string) => void) | undefined;
}

/** Makes a {@link Bearer}. */
export function createBearer(options: BearerOptions = {}): Bearer {
  const follow = options.follow ?? true;
  const { onToken, key, refresh } = options;
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
        if (underWay !== current)
          throw new ConnectError("logged out, or in as somebody else, meanwhile", Code.Canceled);
        holder.replace(token);
        source = by;
      } catch (error) {
        // What was refused once would be refused with every call, and throttled.
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

    return {
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
          await refresh?.().catch(() => {}); // the call itself will tell what is wrong
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
          // Somebody confirmed a newer token. If it was not us, to send the old one again would change nothing.
          if (repeated) return false;
          repeated = true;
          return takeNewer();
        }
        if (reason !== null && key !== undefined && proofReasons.has(reason)) {
          // A new proof helps against an old nonce, and against a copy of the call that a browser or a proxy has sent.
          if (proofsRefused.has(reason)) return false;
          proofsRefused.add(reason);
          // The refusal may have been long on its way: the token that was sent would be taken for a thief's by now.
          takeNewer();
          return true;
        }
        if (reason === null || !overReasons.has(reason) || loggedIn) return false;
        loggedIn = true;
        if (takeNewer()) return true; // another call has logged in meanwhile
        // A hundred calls that find the session ended cause one log-in.
        const logIn = underWay ?? (source && start(source));
        if (logIn === undefined) {
          if (finalReasons.has(reason) && holder.token === sent) holder.forget();
          return false;
        }
        await logIn;
        return takeNewer();
      },
    };
  }

  return {
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
}

/** Reasons that a new log-in cures. `unavailable` is not among them: the token may be good. */
const overReasons: ReadonlySet<string> = new Set(["expired", "revoked", "invalid_token", "no_credentials"]);

/** Reasons that a new proof may cure. */
const proofReasons: ReadonlySet<string> = new Set(["use_dpop_nonce", "invalid_dpop_proof"]);

/** Reasons after which a token is worth nothing anywhere. A node may call a token invalid whose key it has yet to read. */
const finalReasons: ReadonlySet<string> = new Set(["expired", "revoked"]);

/** The session tokens in an `authorization` value; several fields come joined by commas. */
function tokensIn(authorization: string | null): string[] {
  if (authorization === null) return [];
  return Array.from(
    authorization.matchAll(/(?:^|,)\s*(?:bearer|dpop) +(sps_[A-Za-z0-9_-]{80})(?![^,\s])/gi),
    (m) => m[1] ?? "",
  );
}
