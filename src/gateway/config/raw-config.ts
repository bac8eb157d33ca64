import { AuthError } from "../../base/errors.js";
import type { ConfigDocument, ConfigFault, ConfigPath } from "./document.js";

/** A list in which what was malformed is missing. */
type List<T> = readonly (T | undefined)[];

type Named<T> = { readonly [name: string]: T | undefined };

/**
 * The configuration as the file spells it, of the right shape wherever it is there at all: what was not has been reported
 * and taken out, so that the rest can be checked in the same run.
 */
export interface RawConfig {
  readonly realm?: string;
  readonly listen?: List<RawListen>;
  readonly admin?: { readonly address?: string };
  readonly keys?: { readonly file?: string };
  readonly store?: { readonly sqlite?: string; readonly memory?: true };
  readonly session?: RawSession;
  readonly binding?: {
    readonly certificate?: boolean;
    readonly baseUrls?: List<string>;
    readonly nonce?: boolean;
    readonly proofLife?: string;
    readonly sharedReplay?: boolean;
  };
  readonly handlers?: Named<RawHandler>;
  readonly throttle?: RawThrottle;
  readonly operateAs?: { readonly users?: string; readonly rules?: List<RawOperateAsRule> };
  readonly aliases?: Named<string>;
  readonly nestedSchemes?: boolean;
  readonly services?: {
    readonly flight?: RawFlight;
    readonly deephavenCore?: RawCore;
    readonly deephavenEnterprise?: RawEnterprise;
  };
  readonly tickets?: { readonly services?: Named<List<string>>; readonly onMisuse?: "alarm" | "revoke" };
  readonly routes?: List<RawRoute>;
  readonly upstreams?: Named<RawUpstream>;
  readonly trustedProxies?: List<string>;
  readonly limits?: {
    readonly headersTimeout?: string;
    readonly stopTimeout?: string;
    readonly maxConnections?: number;
  };
  readonly audit?: { readonly file?: string; readonly fsync?: boolean; readonly onFailure?: "continue" | "refuse" };
  readonly log?: { readonly level?: "debug" | "info" | "warn" | "error" | "silent" };
}

export interface RawListen {
  readonly address?: string;
  readonly insecure?: boolean;
  readonly tls?: {
    readonly cert?: string;
    readonly key?: string;
    readonly clientCa?: string;
    readonly clientCertificate?: "none" | "request" | "require";
  };
}

export interface RawSession {
  readonly policy?: "confirm-then-cut" | "overlapping";
  readonly rotateAfter?: string;
  readonly overlap?: string;
  readonly straggler?: string;
  readonly lifetime?: string;
  readonly idle?: string;
  readonly absolute?: string;
  readonly unclaimed?: string;
}

export interface RawThrottle {
  readonly off?: boolean;
  readonly freeFailures?: number;
  readonly firstDelay?: string;
  readonly longestDelay?: string;
  readonly forgetFailure?: string;
  readonly maxFailures?: number;
  readonly sourceBurst?: number;
  readonly sourceRefill?: string;
  readonly totalBurst?: number;
  readonly totalRefill?: string;
  readonly maxUnderWay?: number;
}

export interface RawHandler {
  readonly anonymous?: { readonly subject?: string; readonly roles?: List<string> };
  readonly users?: string;
  readonly htpasswd?: { readonly file?: string; readonly roles?: List<string> };
  readonly ldap?: RawLdap;
  readonly keys?: Named<{
    readonly key?: RawSecret;
    readonly sha256?: string;
    readonly roles?: List<string>;
  }>;
  readonly apiKeys?: string;
  readonly authorizedKeys?: {
    readonly file?: string;
    readonly rawChallenges?: boolean;
    readonly allowLegacyDsa?: boolean;
  };
  readonly certificates?: List<RawCertificateRule>;
  readonly jwt?: RawClaims & {
    readonly issuer?: string;
    readonly audience?: string;
    readonly jwks?: string;
    readonly algorithms?: List<string>;
  };
  readonly oidc?: RawClaims & {
    readonly issuer?: string;
    readonly audience?: string;
    readonly algorithms?: List<string>;
    readonly type?: string;
    readonly opens?: "session" | "nothing";
  };
  readonly external?: RawClaims & {
    readonly issuer?: string;
    readonly clientId?: string;
    readonly clientSecret?: RawSecret;
    readonly url?: string;
    readonly scope?: string;
    readonly parameters?: Named<string>;
    readonly sameAddress?: boolean;
    readonly wait?: string;
  };
}

/** The text itself, after `${…}` was replaced, or a file with it. */
export type RawSecret = string | { readonly file?: string };

export interface RawLdap {
  readonly url?: string | List<string>;
  readonly ca?: string;
  readonly startTls?: boolean;
  readonly insecure?: boolean;
  readonly bind?: { readonly dn?: string; readonly password?: RawSecret };
  readonly users?: { readonly base?: string; readonly filter?: string; readonly dn?: string };
  readonly subject?: string;
  readonly groups?: {
    readonly base?: string;
    readonly member?: "member" | "uniqueMember" | "memberUid";
    readonly nested?: boolean;
    readonly roles?: Named<List<string>>;
  };
  readonly decoyDn?: string;
  readonly timeout?: string;
  readonly connectTimeout?: string;
  readonly maxConnections?: number;
}

export interface RawCertificateRule {
  readonly san?: "dns" | "uri" | "email";
  readonly field?: string;
  readonly value?: string;
  readonly pattern?: string;
  readonly subject?: string;
  readonly roles?: List<string>;
  readonly issuer?: string;
  readonly keys?: List<string>;
  readonly anyKey?: boolean;
}

export interface RawClaims {
  readonly subjectClaim?: string | List<string>;
  readonly rolesClaim?: string | List<string>;
  readonly groupRoles?: Named<List<string>>;
}

export interface RawOperateAsRule {
  readonly actors?: List<string>;
  readonly actorRoles?: List<string>;
  readonly targets?: List<string>;
  readonly targetRoles?: List<string>;
  readonly except?: List<string>;
  readonly exceptRoles?: List<string>;
  readonly services?: List<string>;
  readonly reasonRequired?: boolean;
  readonly maxDuration?: string;
  readonly nested?: boolean;
}

export interface RawFlight {
  readonly session?: RawSession;
  readonly keepOpen?: boolean;
  readonly cookie?: string;
}

export interface RawCore {
  readonly session?: RawSession;
  readonly authHandlers?: List<string>;
  readonly authenticationConstants?: Named<string>;
  readonly configurationConstants?: Named<string>;
}

export interface RawEnterprise {
  readonly cookieLife?: string;
  readonly tokenLife?: string;
  readonly verifyTokenFrom?: string | List<string>;
  readonly delegateServices?: List<string>;
  readonly reloadRoles?: List<string>;
  readonly address?: string;
}

export interface RawRoute {
  readonly match?: { readonly host?: string; readonly path?: string; readonly methods?: List<string> };
  readonly upstream?: string;
  readonly anonymous?: boolean | "everything";
  readonly roles?: List<string>;
  readonly schemes?: List<string>;
  readonly maxAge?: string;
  readonly acr?: List<string>;
  readonly forwardAuthorization?: boolean;
}

export interface RawUpstream {
  readonly url?: string;
  readonly identity?: "headers" | "none";
  readonly connectTimeout?: string;
  readonly headersTimeout?: string;
  readonly bodyTimeout?: string;
  readonly maxConnections?: number;
}

/** What every part of the configuration is read with. */
export interface Reading {
  readonly document: ConfigDocument;
  /** Against the directory of the file. */
  resolve(path: string): string;
  report(fault: ConfigFault): void;
}

/** Reports what is wrong at a place, in words that begin with the place. */
export function report({ document, report: tell }: Reading, path: ConfigPath, message: string): void {
  tell(document.faultAt(path, message));
}

/** What is there of a list. */
export function present<T>(list: List<T> | undefined): readonly T[] {
  return (list ?? []).filter((item) => item !== undefined);
}

/** Our own messages never hold a secret; others might. */
export function messageOf(error: unknown): string {
  return error instanceof AuthError ? error.message : "this cannot be used";
}
