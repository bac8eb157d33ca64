import { AuthError } from "../../base/errors.js";
import type { Auth } from "../../engine/auth.js";
import type { Decision, Denial, DenialReason } from "../../model/decision.js";
import type { Identity } from "../../model/identity.js";
import { valuesOf } from "../../model/raw-headers.js";
import type { AuthRequest } from "../../model/request.js";
import type { Caller } from "../../model/session.js";
import { resolveRules } from "../../sessions/rules.js";

/** An `Auth` whose decisions the token names. It records the requests. */
export interface ScriptedAuth extends Auth<Identity> {
  /** Every request on which it decided, in order. */
  readonly asked: AuthRequest[];
}

/**
 * Makes an `Auth` that decides by a script instead of an engine, so that an adapter's test can get any decision:
 *
 * - `Bearer NAME`: `NAME` is allowed; `Bearer NAME.due` is offered the token `next-NAME`; `Bearer NAME.stale` an offer
 *   that is no longer usable; `NAME.nonce` carries `dpop-nonce: next-nonce`; `slow` as a further suffix makes the
 *   decision a promise.
 * - `Bearer superseded`, `Bearer unavailable` …: that denial. Without credentials: `no_credentials`, unless anonymous
 *   requests are allowed.
 * - a second field, a comma or another scheme: `invalid_request`; a truncated header block: `headers_too_large`.
 */
export function createScriptedAuth(): ScriptedAuth {
  const slot = { id: Symbol("sallyport.scripted"), defaultValue: undefined };
  const asked: AuthRequest[] = [];

  function optionalCaller(source: object): Caller | undefined {
    const { values } = source as { values?: { get(key: object): Caller | undefined } };
    return (source as Record<symbol, Caller | undefined>)[slot.id] ?? values?.get(slot);
  }

  function decide(request: AuthRequest, anonymous: boolean): Decision {
    if (request.truncated) return toDenial("headers_too_large");
    const values = valuesOf(request.rawHeaders, "authorization");
    if (values.length === 0) return anonymous ? { kind: "anonymous" } : toDenial("no_credentials");
    const word = /^bearer ([a-z0-9_.-]+)$/i.exec(values[0] ?? "")?.[1];
    if (values.length > 1 || word === undefined) return toDenial("invalid_request");
    if (isReason(word)) return toDenial(word);
    const [subject = "", ...suffixes] = word.split(".");
    const caller: Caller = { identity: { subject }, scheme: "bearer" };
    const usable = suffixes.includes("due");
    const offered = usable || suffixes.includes("stale");
    return {
      kind: "allowed",
      caller,
      offer: offered ? { token: `next-${subject}`, scheme: "Bearer", usable: () => usable } : undefined,
      headers: suffixes.includes("nonce") ? [["dpop-nonce", "next-nonce"]] : undefined,
    };
  }

  return {
    asked,
    front: {
      realm: "scripted",
      rules: resolveRules(),
      hold: ({ session }, end) => session?.onEnd(end) ?? (() => {}),
      takeOver: () => undefined,
      schemes: new Map(),
      credentialHeaders: [],
      slot,
      sealed: { load: () => undefined, swap: () => false },
      oneTimeProofs() {
        throw new AuthError("unavailable", "a scripted Auth keeps nothing");
      },
      callbackFailed: () => undefined,
      unavailable: () => toDenial("unavailable"),
      notPermitted: () => toDenial("not_permitted"),
      obstacle: () => undefined,
    },
    authenticate(request, options) {
      asked.push(request);
      // Read now, as a handler would: a peer whose connection has closed has no address.
      void request.peer.address;
      const decision = decide(request, options?.anonymous ?? false);
      const slow = valuesOf(request.rawHeaders, "authorization")[0]?.endsWith(".slow") ?? false;
      return slow ? new Promise((resolve) => setImmediate(resolve, decision)) : decision;
    },
    logIn: () => Promise.reject(new AuthError("unavailable", "a scripted Auth has no log-in")),
    beginOperateAs: () => Promise.reject(new AuthError("unavailable", "a scripted Auth refuses every operate-as")),
    askForMore: () => undefined,
    caller(source) {
      const caller = optionalCaller(source);
      if (caller === undefined) throw new AuthError("no_caller", "no caller was authenticated");
      return caller;
    },
    optionalCaller,
    sessions: {
      list: () => Promise.resolve([]),
      end: () => Promise.resolve(false),
      endSubject: () => Promise.resolve(),
    },
    tickets: {
      issue: unavailableTicket,
      issueNumber: unavailableTicket,
      redeem: () => Promise.resolve({ kind: "refused", reason: "unavailable" }),
      redeemNumber: () => Promise.resolve({ kind: "refused", reason: "unavailable" }),
      open: unavailableTicket,
    },
    throttle: { reset: () => Promise.resolve(false) },
    close: () => Promise.resolve(),
  };
}

const unavailableTicket = () => Promise.reject(new AuthError("unavailable", "a scripted Auth issues no tickets"));

const challenges = ['Bearer realm="scripted"', 'Basic realm="scripted", charset="UTF-8"'];

const denials: Partial<Record<DenialReason, Omit<Denial, "kind" | "reason">>> = {
  no_credentials: { code: "unauthenticated", message: "Log in, 100 % please: Grüße", challenges },
  invalid_request: { code: "unauthenticated", message: "These credentials are not accepted", challenges },
  use_dpop_nonce: {
    code: "unauthenticated",
    message: "Repeat it with the nonce",
    challenges: ['DPoP realm="scripted", error="use_dpop_nonce"'],
    headers: [["dpop-nonce", "next-nonce"]],
  },
  superseded: { code: "unauthenticated", message: "A newer token is in use", challenges },
  unavailable: { code: "unavailable", message: "Cannot tell now", challenges: [] },
  headers_too_large: { code: "resource_exhausted", message: "Too many header fields", challenges: [] },
};

function isReason(word: string): word is DenialReason {
  return Object.hasOwn(denials, word);
}

function toDenial(reason: DenialReason): Denial {
  const denial = denials[reason];
  if (denial === undefined) throw new TypeError(`no such denial: ${reason}`);
  return { kind: "denied", reason, ...denial };
}
