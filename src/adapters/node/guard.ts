import type { Platform } from "../../base/platform.js";
import { requireStepUp } from "../../credentials/step-up.js";
import type { Auth } from "../../engine/auth.js";
import type { AuthenticateOptions, Decision, StepUp } from "../../model/decision.js";
import type { Identity } from "../../model/identity.js";
import type { AuthRequest, Peer } from "../../model/request.js";
import type { Caller } from "../../model/session.js";
import { attachCaller, finishHeaders } from "./attach.js";
import { limitBodyTime } from "./body-deadline.js";
import { createRequestReader, type NodeRequest, type NodeResponse, type TrustProxy } from "./request.js";
import { writeDenial } from "./write-denial.js";

/** Options that every adapter for Node takes. */
export interface GuardOptions {
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

const welcome: AuthenticateOptions = Object.freeze({ anonymous: true });

const deny: AuthenticateOptions = Object.freeze({ anonymous: false });

export function createGuard<I extends Identity>(auth: Auth<I>, options: GuardOptions = {}): Guard {
  const { anonymous = false, trustProxy, platform, stepUp } = options;
  if (typeof stepUp === "object") requireStepUp(stepUp);
  const { toAuthRequest, peerOf } = createRequestReader(trustProxy);
  const { id } = auth.front.slot;

  function apply(
    decision: Decision<I>,
    request: NodeRequest,
    response: NodeResponse,
    pass: () => void,
    stop?: () => void,
  ): void {
    if (decision.kind === "denied") {
      writeDenial(request, response, decision, platform);
      stop?.();
      return;
    }
    if (decision.kind === "allowed") attachCaller(auth, request, decision.caller);
    finishHeaders(response, decision.kind === "allowed" ? decision : undefined);
    pass();
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
      if (before !== undefined && stepUp === undefined) {
        pass();
        return;
      }
      const data = toAuthRequest(request, url);
      const asked = typeof stepUp === "function" ? stepUp(data) : stepUp;
      if (before !== undefined) {
        const denial = asked && auth.askForMore(before, requireStepUp(asked), data);
        if (denial === undefined) pass();
        else apply(denial, request, response, pass, stop);
        return;
      }
      // Compared with `true`: the promise of an async function would allow every request.
      const isWelcome = (typeof anonymous === "function" ? anonymous(data) : anonymous) === true;
      const given = isWelcome ? welcome : deny;
      const decision = auth.authenticate(data, asked ? { ...given, stepUp: requireStepUp(asked) } : given);
      if (!(decision instanceof Promise)) {
        apply(decision, request, response, pass, stop);
        return;
      }
      void decision.then((awaited) => {
        // A listener for `close` that is added now would not be called for a client that has left already.
        if (hasLeft(request, response)) stop?.();
        else apply(awaited, request, response, pass, stop);
      });
    },
  };
}

/**
 * Whether the client has left. On HTTP/1 the socket is checked too: with pipelining, a response that waits for its turn
 * gets no event.
 */
export function hasLeft(request: NodeRequest, response: NodeResponse): boolean {
  return "stream" in response ? response.stream.destroyed : response.destroyed || request.socket.destroyed;
}
