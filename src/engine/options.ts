import { AuthError } from "../base/errors.js";
import { type OptionKinds, requireOptions } from "../base/options.js";
import { type Platform, systemPlatform } from "../base/platform.js";
import { requireWholeNumber } from "../base/whole-number.js";
import { type DpopOptions, dpopKinds, type ResolvedDpopOptions, resolveDpop } from "../binding/dpop-options.js";
import { maxAuthorizationLength } from "../credentials/parse-authorization.js";
import { type CarrierOptions, carrierKinds } from "../credentials/token-carriers.js";
import type { Handler } from "../handlers/handler.js";
import type { IdentityOf } from "../handlers/handler-table.js";
import { keyFile } from "../keys/key-file.js";
import { type KeyRing, randomKeys } from "../keys/key-ring.js";
import type { OnEvent } from "../model/events.js";
import type { Identity } from "../model/identity.js";
import { maxLoginMs, type SessionRules } from "../model/session.js";
import type { SessionCaps, Store } from "../model/store.js";
import { type AuditOptions, auditKinds, requireAudit } from "../policies/audit/audit.js";
import type { OperateAsPolicy } from "../policies/operate-as/policy.js";
import { resolveThrottle, type ThrottleOptions, type ThrottleRules } from "../policies/throttle/options.js";
import { type RecheckTimes, resolveRecheck } from "../sessions/recheck.js";
import { resolveRules, type SessionRulesOptions, sessionRulesKinds } from "../sessions/rules.js";
import type { TicketMisuse } from "../tickets/ticket.js";
import { warnOfEvent } from "./warn-of-event.js";

/** Options of `createAuth`. Durations are in milliseconds; those of a session are described at `SessionRules`. */
export interface AuthOptions<H extends Handler<Identity> = Handler<Identity>> extends SessionRulesOptions {
  /** The handlers, one per scheme. */
  readonly handlers: readonly H[];
  /** The store of the sessions: `sqlite("./sessions.db")`, `memory()` … */
  readonly store: Store;
  /**
   * The signing keys. Default: a file beside a local, durable store (`sessions.db.keys`, made on first use, mode
   * 0600); random for a store whose sessions end with the process. Any other store needs them: with random keys
   * every restart would end all sessions.
   */
  readonly keys?: KeyRing | undefined;
  /**
   * Part of every token's MAC and of every challenge, so that no token is accepted by another deployment. Default:
   * `"sallyport"`.
   */
  readonly realm?: string | undefined;
  /**
   * Accept `Bearer <scheme> <payload>` for registered schemes, for clients that can send no other scheme. Default:
   * `false`.
   */
  readonly nestedSchemes?: boolean | undefined;
  /**
   * Further names of schemes, matched with their case, for clients that have their own name for a handler.
   * Default: none.
   */
  readonly aliases?: Readonly<Record<string, string>> | undefined;
  /** Further carriers of a session token beside `Authorization`. Default: none. */
  readonly carriers?: CarrierOptions | undefined;
  /**
   * The longest `Authorization` that is read, in characters: 256 to 1,048,576; a longer one is answered 431. Default:
   * 16,384, Node's limit for all headers together: tokens with many groups have 10 KiB. Raise it with `maxHeaderSize`
   * of the server.
   */
  readonly maxAuthorizationLength?: number | undefined;
  /**
   * How long a correct password that comes with every call is not checked again. Default: 30,000: argon2 once in half a
   * minute costs next to nothing, and a changed password takes effect within it. 0 checks every call; 300,000 at most.
   */
  readonly rememberMs?: number | undefined;
  /**
   * How long an end on another node may stay unknown here while the store's revocation feed is silent. Default: 5,000.
   * 0 asks the store on every call.
   */
  readonly maxStalenessMs?: number | undefined;
  /**
   * How long before a remembered token is due the store is asked. Default: 50, since clocks differ slightly in speed.
   */
  readonly clockMarginMs?: number | undefined;
  /**
   * Limits on password guesses: per account, per source, and for all sources together, by counts that all nodes share
   * through the store. `false` turns them off, where other software limits guesses. Default: on.
   */
  readonly throttle?: ThrottleOptions | false | undefined;
  /** How long a handler may take. Default: 10,000; then the caller gets 503 and no session is made. */
  readonly handlerTimeoutMs?: number | undefined;
  /** How long the store may take. Default: 2,000; then the caller gets 503. */
  readonly storeTimeoutMs?: number | undefined;
  /**
   * How often a handler is asked again about the account of a session in use, by `Handler.recheck`, beside when a token
   * turns and when the handler's `epoch` differs. Default: 300,000, so that an account that was disabled in a directory
   * is out after five minutes at most.
   */
  readonly recheckMs?: number | undefined;
  /**
   * How long a session goes on while its handler cannot tell whether the account is still there, counted from the last
   * answer; then its callers get 503. Default: 3,600,000, or `recheckMs` if that is longer: longer than most
   * directories are down. At least `recheckMs`.
   */
  readonly recheckStaleMs?: number | undefined;
  /**
   * Open sessions of one subject; those of each actor are counted separately. Default: 100; the oldest is removed
   * first.
   */
  readonly maxSessionsPerSubject?: number | undefined;
  /** Offered and not yet used sessions of one subject. Default: 1,000; the oldest is removed first. */
  readonly maxUnclaimedPerSubject?: number | undefined;
  /** Sessions that this process remembers. Default: 100,000, about 100 MB at most; the oldest is forgotten first. */
  readonly maxKnownSessions?: number | undefined;
  /**
   * The policy that grants operating as another account: `operateAsRules({ rules, identify })`. Default: none is
   * granted.
   */
  readonly operateAs?: OperateAsPolicy<IdentityOf<H>> | undefined;
  /**
   * Bind new sessions to the client certificate, where TLS has verified one (RFC 8705): a copied token is then useless
   * without the certificate's key. Default: `false`, since a client that renews its certificate must then log in again.
   */
  readonly bindToCertificate?: boolean | undefined;
  /** Limits on DPoP proofs. A client binds its session to a key by sending a proof; no option turns that off. */
  readonly dpop?: DpopOptions | undefined;
  /**
   * What to do when a ticket is redeemed twice, or by the wrong service. Default: `"alarm"`, an event; `"revoke"` also
   * ends the session that it was issued for.
   */
  readonly onTicketMisuse?: ((misuse: TicketMisuse) => "revoke" | "alarm") | undefined;
  /** What to do when a token superseded long ago is presented. Default: `"revoke"` (RFC 9700 §4.14.2). */
  readonly onReuse?: ((session: { readonly ref: string; readonly subject: string }) => "revoke" | "refuse") | undefined;
  /** Called with log-ins, rotations, alarms and faults. Default: writes faults and alarms to standard error. */
  readonly onEvent?: OnEvent | undefined;
  /** Records which account did what, when and from where. Default: no audit. See `docs/audit.md`. */
  readonly audit?: AuditOptions | undefined;
  /** Clock and randomness. Give the same object to the store. Default: the machine's. */
  readonly platform?: Platform | undefined;
}

const optionKinds: OptionKinds<AuthOptions> = {
  ...sessionRulesKinds,
  handlers: "list!",
  store: "any",
  keys: "object",
  realm: "string",
  nestedSchemes: "boolean",
  aliases: "object",
  carriers: carrierKinds,
  maxAuthorizationLength: "any",
  rememberMs: "any",
  maxStalenessMs: "any",
  clockMarginMs: "any",
  throttle: "object|boolean",
  handlerTimeoutMs: "any",
  storeTimeoutMs: "any",
  recheckMs: "any",
  recheckStaleMs: "any",
  maxSessionsPerSubject: "any",
  maxUnclaimedPerSubject: "any",
  maxKnownSessions: "any",
  operateAs: "object",
  bindToCertificate: "boolean",
  dpop: dpopKinds,
  onTicketMisuse: "function",
  onReuse: "function",
  onEvent: "function",
  audit: auditKinds,
  platform: "object",
};

/** Options with every default filled in. */
export interface ResolvedOptions extends RecheckTimes {
  readonly store: Store;
  readonly keys: KeyRing;
  readonly realm: string;
  readonly nestedSchemes: boolean;
  readonly rules: SessionRules;
  readonly caps: SessionCaps;
  readonly maxAuthorizationLength: number;
  readonly rememberMs: number;
  readonly maxStalenessMs: number;
  readonly clockMarginMs: number;
  readonly throttle: ThrottleRules | undefined;
  readonly handlerTimeoutMs: number;
  readonly storeTimeoutMs: number;
  readonly maxKnownSessions: number;
  readonly bindToCertificate: boolean;
  readonly dpop: ResolvedDpopOptions;
  readonly onTicketMisuse: NonNullable<AuthOptions["onTicketMisuse"]>;
  readonly onReuse: NonNullable<AuthOptions["onReuse"]>;
  readonly onEvent: OnEvent;
  readonly audit: AuditOptions | undefined;
  readonly platform: Platform;
}

/**
 * Checks options and fills in defaults.
 *
 * @throws {AuthError} `invalid_options`; the message says what to do.
 */
export function resolveOptions(options: AuthOptions): ResolvedOptions {
  requireOptions("createAuth", options, optionKinds);
  const platform = options.platform ?? systemPlatform;
  const store = requireStore(options.store);
  return Object.freeze({
    store,
    platform,
    keys: options.keys ?? defaultKeys(store, platform),
    realm: requireRealm(options.realm ?? "sallyport"),
    nestedSchemes: options.nestedSchemes ?? false,
    rules: resolveRules(options),
    caps: Object.freeze({
      claimed: requireWholeNumber("maxSessionsPerSubject", options.maxSessionsPerSubject ?? 100, 1),
      unclaimed: requireWholeNumber("maxUnclaimedPerSubject", options.maxUnclaimedPerSubject ?? 1_000, 1),
    }),
    maxAuthorizationLength: requireWholeNumber(
      "maxAuthorizationLength",
      options.maxAuthorizationLength ?? maxAuthorizationLength,
      256,
      1_048_576,
    ),
    rememberMs: requireWholeNumber("rememberMs", options.rememberMs ?? 30_000, 0, maxLoginMs / 2),
    maxStalenessMs: requireWholeNumber("maxStalenessMs", options.maxStalenessMs ?? 5_000, 0),
    clockMarginMs: requireWholeNumber("clockMarginMs", options.clockMarginMs ?? 50, 0),
    throttle: options.throttle === false ? undefined : resolveThrottle(options.throttle),
    handlerTimeoutMs: requireWholeNumber("handlerTimeoutMs", options.handlerTimeoutMs ?? 10_000, 1),
    storeTimeoutMs: requireWholeNumber("storeTimeoutMs", options.storeTimeoutMs ?? 2_000, 1),
    ...resolveRecheck(options),
    maxKnownSessions: requireWholeNumber("maxKnownSessions", options.maxKnownSessions ?? 100_000, 1),
    bindToCertificate: options.bindToCertificate ?? false,
    dpop: resolveDpop(options.dpop),
    onTicketMisuse: options.onTicketMisuse ?? (() => "alarm"),
    onReuse: options.onReuse ?? (() => "revoke"),
    onEvent: options.onEvent ?? warnOfEvent,
    audit: requireAudit(options.audit),
  });
}

function requireStore(store: Store | undefined): Store {
  if (typeof store?.loadSession === "function") return store;
  const fault = store === undefined ? "is missing" : "is no store";
  throw new AuthError("invalid_options", `store ${fault}: give sqlite("./sessions.db"), or memory() for one process`);
}

function defaultKeys(store: Store, platform: Platform): KeyRing {
  if (store.keyFile !== undefined) return keyFile(store.keyFile, { create: true, platform });
  if (!store.durable) return randomKeys(platform);
  throw new AuthError(
    "invalid_options",
    'this store outlives a restart, so its signing keys must too: give keys: keyFile("./sallyport.keys", { create: true })',
  );
}

function requireRealm(realm: string): string {
  if (/^[\x20-\x7e]{1,128}$/.test(realm)) return realm;
  throw new AuthError("invalid_options", "realm must be 1 to 128 characters of visible ASCII and spaces");
}
