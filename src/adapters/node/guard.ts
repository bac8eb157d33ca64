import type { Awaitable } from "../../base/awaitable.js";
import { type OptionKinds, requireOptions } from "../../base/options.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import { requireWholeNumber } from "../../base/whole-number.js";
import { requirePermission } from "../../credentials/permission.js";
import { requireStepUp } from "../../credentials/step-up.js";
import { askCallback } from "../../engine/ask-callback.js";
import type { Auth } from "../../engine/auth.js";
import { requireAuth } from "../../engine/front.js";
import type { AuthenticateOptions, Decision, Denial, StepUp } from "../../model/decision.js";
import type { Identity } from "../../model/identity.js";
import type { AuthRequest, Peer } from "../../model/request.js";
import type { Caller } from "../../model/session.js";
import { type Authorize, createAskAuthorize } from "./ask-authorize.js";
import { attachCaller, finishHeaders } from "./attach.js";
import { limitBodyTime } from "./body-deadline.js";
import { createRequestReader, type NodeRequest, type NodeResponse, type TrustProxy } from "./request.js";
import { writeDenial } from "./write-denial.js";

/** Options that every adapter for Node takes. */
export interface GuardOptions<I extends Identity = Identity> {
  /**
   * Whether requests without credentials are allowed: all of them, or those for which the function returns `true`.
   * Default: `false`, they get 401. Wrong credentials are refused in any case.
   */
  readonly anonymous?: boolean | ((request: AuthRequest) => boolean);
  /**
   * The trusted proxies, whose connections many callers share: address blocks, such as `["10.0.0.0/8"]`, or a function
   * that returns whether the peer at this address is one. Asked at most once per connection about its peer. Default:
   * none, since a trusted proxy can name any client address.
   */
  readonly trustProxy?: TrustProxy;
  /**
   * How fresh and strong the log-in must be: for all requests, or for each as the function returns. Default: any log-in
   * suffices. The refusal tells the client what to ask for (RFC 9470). A guard with `stepUp` may follow one without.
   */
  readonly stepUp?: StepUp | ((request: AuthRequest) => StepUp | undefined);
  /**
   * The roles of which the caller must have one; others get 403 `not_permitted`. Such a guard allows no anonymous
   * request, and may follow one without. Default: any caller.
   */
  readonly roles?: readonly string[];
  /**
   * The scopes of which the caller must have all; others get 403 `insufficient_scope`, with the scopes in the challenge
   * (RFC 6750 §3.1). Such a guard allows no anonymous request, and may follow one without. Default: any caller.
   */
  readonly scopes?: readonly string[];
  /**
   * Decides about each request of a known caller, after roles, scopes and `stepUp`; a refused caller gets 403
   * `not_permitted`. It fails closed: an error or no answer in time is 503. Such a guard allows no anonymous request, and may
   * follow one without. Default: any caller.
   */
  readonly authorize?: Authorize<I>;
  /** How long `authorize` may take, in milliseconds. Default: 10,000, as long as a handler may. */
  readonly authorizeTimeoutMs?: number;
  /** The clock of the timers that end a denied upload and a log-in that does not arrive. Default: the machine's. */
  readonly platform?: Platform;
}

/**
 * The step that all adapters for Node share: it decides, then attaches the caller and the headers, or writes the
 * denial.
 */
export interface Guard {
  /**
   * Calls `pass` when the request is allowed, and writes a denial otherwise.
   *
   * @param url path and query as received, if the server has changed `request.url`
   * @param stop called instead of `pass` when the request ends here: it was denied, or the client has left
   */
  check(request: NodeRequest, response: NodeResponse, pass: () => void, url?: string, stop?: () => void): void;
  /**
   * Calls `pass` for a procedure that authenticates by its message: credentials are not checked, but the body has a
   * deadline.
   */
  skip(request: NodeRequest, response: NodeResponse, pass: () => void): void;
  peerOf(request: NodeRequest): Peer;
}

/** The names and kinds of `GuardOptions`. */
export const guardKinds: OptionKinds<GuardOptions<never>> = {
  anonymous: "boolean|function",
  trustProxy: "any",
  stepUp: "object|function",
  roles: "strings",
  scopes: "strings",
  authorize: "function",
  authorizeTimeoutMs: "any",
  platform: "object",
};

const welcome: AuthenticateOptions = Object.freeze({ anonymous: true });

const deny: AuthenticateOptions = Object.freeze({ anonymous: false });

/**
 * Makes the guard of an adapter.
 *
 * @param where the adapter, for messages
 * @throws {AuthError} `invalid_options` for a wrong `auth`, option or requirement
 */
export function createGuard<I extends Identity>(where: string, auth: Auth<I>, options: GuardOptions<I> = {}): Guard {
  requireAuth(where, auth);
  requireOptions(where, options, guardKinds);
  const { anonymous = false, trustProxy, platform = systemPlatform, stepUp, roles, scopes, authorize } = options;
  const timeoutMs = requireWholeNumber(`${where}: authorizeTimeoutMs`, options.authorizeTimeoutMs ?? 10_000, 1);
  if (typeof stepUp === "object") requireStepUp(stepUp);
  requirePermission(where, options);
  const { front } = auth;
  const { toAuthRequest, peerOf } = createRequestReader(trustProxy, front);
  const permission = roles === undefined && scopes === undefined ? undefined : Object.freeze({ roles, scopes });
  const askAuthorize = authorize && createAskAuthorize({ auth, authorize, timeoutMs, platform });
  const asksNothing = permission === undefined && askAuthorize === undefined;
  const { id } = front.slot;

  function apply(decision: Decision<I>, asked: Asked): void {
    const { data, request, response, pass, stop } = asked;
    if (decision.kind === "denied") {
      writeDenial(request, response, decision, platform);
      stop?.();
      return;
    }
    if (decision.kind === "anonymous") {
      finishHeaders(response);
      pass();
      return;
    }
    // A caller who is known and not permitted keeps the token that was offered.
    finishHeaders(response, decision);
    const denial = permission && auth.askForMore(decision.caller, permission, data);
    const answer = denial === undefined && askAuthorize?.(decision.caller, data);
    if (!(answer instanceof Promise)) finish(denial ?? (answer || undefined), decision.caller, asked);
    else void answer.then((late) => (hasLeft(request, response) ? stop?.() : finish(late, decision.caller, asked)));
  }

  function finish(denial: Denial | undefined, caller: Caller<I>, { request, response, pass, stop }: Asked): void {
    if (denial !== undefined) {
      writeDenial(request, response, denial, platform);
      stop?.();
      return;
    }
    attachCaller(auth, request, caller);
    pass();
  }

  /** Returns how the request is to be authenticated: callbacks of the application decide it. */
  function howOf(data: AuthRequest): AuthenticateOptions {
    const asked = stepUpOf(data);
    // Compared with `true`: nothing else may allow a request.
    const isWelcome =
      asksNothing &&
      (typeof anonymous === "function" ? askCallback(front, "anonymous", () => anonymous(data)) : anonymous) === true;
    const given = isWelcome ? welcome : deny;
    return asked === undefined ? given : { ...given, stepUp: asked };
  }

  function stepUpOf(data: AuthRequest): StepUp | undefined {
    if (typeof stepUp !== "function") return stepUp;
    return askCallback(
      front,
      "stepUp",
      () => stepUp(data),
      (asked) => (asked === undefined ? undefined : requireStepUp(asked)),
    );
  }

  /** Decides on a caller that a guard in front has allowed. */
  function again(before: Caller<I>, data: AuthRequest): Decision<I> {
    const asked = stepUpOf(data);
    const denial = asked && auth.askForMore(before, asked, data);
    return denial ?? { kind: "allowed", caller: before };
  }

  return {
    peerOf,
    skip(request, response, pass) {
      limitBodyTime(request, response, platform);
      finishHeaders(response);
      pass();
    },
    check(request, response, pass, url, stop) {
      // A guard in front with the same `auth` has allowed this request already.
      const before = (request as unknown as Record<symbol, Caller<I> | undefined>)[id];
      if (before !== undefined && stepUp === undefined && asksNothing) {
        pass();
        return;
      }
      const data = toAuthRequest(request, url);
      const call: Asked = { data, request, response, pass, stop };
      let decision: Awaitable<Decision<I>>;
      try {
        decision = before === undefined ? auth.authenticate(data, howOf(data)) : again(before, data);
      } catch {
        decision = front.unavailable(data);
      }
      if (!(decision instanceof Promise)) {
        apply(decision, call);
        return;
      }
      void decision.then((awaited) => {
        // A listener for `close` that is added now would not be called for a client that has left already.
        if (hasLeft(request, response)) stop?.();
        else apply(awaited, call);
      });
    },
  };
}

/** A request at the guard, and what follows. */
interface Asked {
  readonly data: AuthRequest;
  readonly request: NodeRequest;
  readonly response: NodeResponse;
  readonly pass: () => void;
  readonly stop: (() => void) | undefined;
}

/**
 * Whether the client has left. On HTTP/1 the socket is checked too: with pipelining, a response that waits for its turn
 * gets no event.
 */
export function hasLeft(request: NodeRequest, response: NodeResponse): boolean {
  return "stream" in response ? response.stream.destroyed : response.destroyed || request.socket.destroyed;
}
