import type { Platform } from "../../../base/platform.js";
import type { Failure } from "../exchange.js";
import { parseOrigin } from "../origin.js";
import type { Upstream } from "../upstreams.js";
import { BridgeError } from "./bridge-error.js";
import { tokenIn, type UpstreamCredential } from "./credential.js";
import { type CallAnswer, type CallRequest, UpstreamCall } from "./upstream-call.js";
import { toBridgeCalls, verdictOf } from "./wires.js";

/** What came of a call that uses a session. */
export type UseAnswer =
  /** `token`: what the answer says that the token is now. */
  | { readonly verdict: "done"; readonly token: string | undefined }
  | { readonly verdict: "refused"; readonly token?: undefined }
  | { readonly verdict: "failed"; readonly failure: Failure; readonly token?: undefined };

/**
 * The gateway as a client of an upstream. A call that a client has caused takes a place of that client's share: with many
 * sessions one client would take all places otherwise.
 */
export interface UpstreamClient {
  /**
   * Opens a session and returns its token. Rejects with `BridgeError`.
   *
   * @param client see `Shares.send`
   */
  logIn(client: string | undefined): Promise<string>;
  /** @param client see `Shares.send`. Default: none has caused it */
  keepAlive(token: string, client?: string | undefined): Promise<UseAnswer>;
  /** Ends a session as far as the upstream can be reached: its own limits do so otherwise. */
  logOut(token: string): void;
  /** Logs in and out for the body of the answer to the log-in; `undefined`: there was none. Never rejects. */
  tell(): Promise<Uint8Array | undefined>;
}

/** The longest that such a call may take: shorter than the lease of a log-in. */
export const callMs = 10_000;

/** So long no other session logs in with a credential that was refused: a wrong one must not lock its account upstream. */
export const refusedMs = 5_000;

/** A session that is open, and the body of the answer to its log-in. */
interface Opened {
  readonly token: string;
  readonly body: Uint8Array | undefined;
}

/**
 * @param onWarning called when the upstream refuses the gateway's credential, and when it takes it again
 */
export function createUpstreamClient(
  credential: UpstreamCredential,
  { config, shares }: Pick<Upstream, "config" | "shares">,
  platform: Platform,
  onWarning: (message: string) => void,
): UpstreamClient {
  const calls = toBridgeCalls(credential);
  const { socket, where } = parseOrigin(config.origin);
  const authority = config.host ?? (socket === undefined ? where : "localhost");
  let refusedUntil = Number.NEGATIVE_INFINITY;
  let isRefused = false;

  function ask(call: CallRequest, client?: string | undefined): Promise<CallAnswer | Failure> {
    return new Promise((resolve) => {
      shares.send(new UpstreamCall(call, authority, { platform, limitMs: callMs }, resolve), client);
    });
  }

  async function open(client: string | undefined): Promise<Opened> {
    if (platform.monotonic() < refusedUntil) throw new BridgeError(refused);
    const answer = await ask(calls.logIn, client);
    if ("reason" in answer) throw new BridgeError(answer);
    const token = tokenIn(answer.fields);
    if (token !== undefined) {
      if (isRefused) onWarning(`upstream ${config.name} takes the credential of upstreams.${config.name} again`);
      isRefused = false;
      return { token, body: answer.body };
    }
    if (verdictOf(answer) !== "refused") {
      throw new BridgeError(verdictOf(answer) === "failed" ? toFailed(answer) : tokenless);
    }
    refusedUntil = platform.monotonic() + refusedMs;
    if (!isRefused) {
      const what = answer.grpcStatus === undefined ? `status ${answer.status}` : `grpc-status ${answer.grpcStatus}`;
      onWarning(
        `upstream ${config.name} refused the gateway's own credential (${what}): its callers get 503; correct upstreams.${config.name}.credential`,
      );
    }
    isRefused = true;
    throw new BridgeError(refused);
  }

  function logOut(token: string): void {
    const call = calls.logOut?.(token);
    if (call !== undefined) void ask(call);
  }

  return {
    logIn: async (client) => (await open(client)).token,
    async keepAlive(token, client) {
      const answer = await ask(calls.keepAlive(token), client);
      if ("reason" in answer) return { verdict: "failed", failure: answer };
      const verdict = verdictOf(answer);
      if (verdict === "failed") return { verdict, failure: toFailed(answer) };
      return verdict === "done" ? { verdict, token: tokenIn(answer.fields) } : { verdict };
    },
    logOut,
    async tell() {
      try {
        const { token, body } = await open(undefined);
        logOut(token);
        return body;
      } catch {
        return undefined;
      }
    },
  };
}

const refused: Failure = Object.freeze({
  reason: "upstream_unavailable",
  code: "credential_refused",
  detail: "the upstream refused the gateway's own credential: see the line about it in the log",
});

const tokenless: Failure = Object.freeze({
  reason: "upstream_failed",
  code: "no_upstream_token",
  detail:
    "the upstream's answer to the log-in has no Authorization: Bearer; look at credential.wire and credential.path",
});

function toFailed({ status, grpcStatus }: CallAnswer): Failure {
  const what = grpcStatus === undefined ? `status ${status}` : `grpc-status ${grpcStatus}`;
  return {
    reason: "upstream_unavailable",
    code: "upstream_log_in",
    detail: `the upstream answered the gateway's own call with ${what}`,
  };
}
