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

/** What every adapter for Node understands. */
export interface GuardOptions {
  /**
   * Requests without credentials are welcome: all of them, or those for which the function says so. Default: `false`,
   * they get 401. Wrong credentials are refused in any case.
   */
  readonly anonymous?: boolean | ((request: AuthRequest) => boolean);
  /**
   * Is the peer at this address a proxy of ours? Then many callers share its connection. Default: never, since
   * whoever may claim to be a proxy may claim more. Asked at most once per connection.
   */
  readonly trustProxy?: TrustProxy;
  /**
   * The log-in must be this fresh and this strong: for all requests, or as the function says. Default: any log-in is good
   * enough. The refusal tells the client what to ask for (RFC 9470). A guard with it may stand behind one without.
   */
  readonly stepUp?: StepUp | ((request: AuthRequest) => StepUp | undefined);
  /** Clock of the timers here: the ends of a denied upload, and of a log-in that does not arrive. Default: the machine's. */
  readonly platform?: Platform;
}

/** The step that all adapters for Node share: decide, attach the caller, see to the headers, or deny. */
export interface Guard {
  /**
   * Calls `pass` when the request may go on, and answers it otherwise.
   *
   * @param url path and query as received, where the server has changed `request.url`.
   * @param stop called instead of `pass` when the request ends here: it was denied, or the client has left.
   */
  check(request: NodeRequest, response: NodeResponse, pass: () => void, url?: string, stop?: () => void): void;
  /** For a procedure that authenticates by its message: credentials are not looked at, but its body has a deadline. */
  skip(request: NodeRequest, response: NodeResponse, pass: () => void): void;
  peerOf(request: NodeRequest): Peer;
}

const welcome: AuthenticateOptions = Object.freeze({ anonymous: true });

const deny: AuthenticateOptions = Object.freeze({ anonymous: false });

export function createGuard<I extends Identity>(auth: Auth<I>, options: GuardOptions = {}): Guard {
  const { anonymous = false, trustProxy, platform, stepUp } = options;
  if (typeof stepUp === "object") requireStepUp(stepUp);
  const { toAuthRequest, peerOf } = createRequestReader(trustProxy);
  const { id } = auth.slot;

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
      // A guard in front, of the same `auth`, has let this request in already.
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
      // Nothing but `true`: the promise of an async function would welcome everybody.
      const isWelcome = (typeof anonymous === "function" ? anonymous(data) : anonymous) === true;
      const given = isWelcome ? welcome : deny;
      const decision = auth.authenticate(data, asked ? { ...given, stepUp: requireStepUp(asked) } : given);
      if (!(decision instanceof Promise)) {
        apply(decision, request, response, pass, stop);
        return;
      }
      void decision.then((awaited) => {
        // Who listens for `close` only now would never hear of a client that has left meanwhile.
        if (hasLeft(request, response)) stop?.();
        else apply(awaited, request, response, pass, stop);
      });
    },
  };
}

/** On HTTP/1 the socket says it: in a pipeline, a response that waits for its turn never hears of the end. */
export function hasLeft(request: NodeRequest, response: NodeResponse): boolean {
  return "stream" in response ? response.stream.destroyed : response.destroyed || request.socket.destroyed;
}
