import { hash } from "node:crypto";
import { type Awaitable, after, rescue } from "../base/awaitable.js";
import type { Platform } from "../base/platform.js";
import type { Keys } from "../keys/key-ring.js";
import { indexOfField, soleOf } from "../model/raw-headers.js";
import type { AuthRequest, HeaderFields } from "../model/request.js";
import { createNonces, toStep } from "./dpop-nonce.js";
import type { ResolvedDpopOptions } from "./dpop-options.js";
import { createDpopProofReader, type DpopProof } from "./dpop-proof.js";
import { createUsedDpopProofs } from "./dpop-replay.js";
import { createIsTarget } from "./dpop-target.js";

/** The result of checking a proof. The response carries `headers`, whether the request is allowed or denied. */
export type DpopCheck =
  | { readonly kind: "proved"; readonly jkt: string; readonly headers?: HeaderFields | undefined }
  | { readonly kind: "refused"; readonly reason: DpopRefusal; readonly headers?: HeaderFields | undefined };

export type DpopRefusal = "invalid_dpop_proof" | "use_dpop_nonce" | "unavailable";

/** The token and the key that a proof must name: those of the session, or neither at a log-in. */
export interface ExpectedBinding {
  readonly token?: string | undefined;
  readonly jkt?: string | undefined;
}

/** Checks `DPoP` proofs (RFC 9449 §4.3). */
export interface Dpop {
  /** Whether the request has a proof, good or bad. At a log-in that asks to bind the session. */
  isPresent(request: Pick<AuthRequest, "rawHeaders">): boolean;
  /**
   * Checks a proof and marks it as used: a second use is a replay. Synchronous unless the store is asked. Never throws.
   */
  check(request: ProvenRequest, expected: ExpectedBinding): Awaitable<DpopCheck>;
  /** Checks the proof of a log-in as `check` does, but marks it as used only when `use` is called. Never throws. */
  look(request: ProvenRequest): DpopLook;
}

/** A proof of a log-in that was checked and not yet used, or its refusal. `use` never throws. */
export type DpopLook =
  | { readonly kind: "good"; use(): Awaitable<DpopCheck> }
  | Extract<DpopCheck, { readonly kind: "refused" }>;

export type ProvenRequest = Pick<AuthRequest, "method" | "path" | "rawHeaders">;

export interface DpopParts {
  readonly options: ResolvedDpopOptions;
  readonly realm: string;
  readonly keys: Keys;
  readonly platform: Platform;
  /** Records a used proof for all nodes, for `lifeMs`; `false` when a node has already recorded it. May throw. */
  readonly share: (id: string, lifeMs: number) => Awaitable<boolean>;
}

/**
 * How far ahead the client's clock may be, which counts when there are no nonces. A clock set by NTP differs by less.
 */
const clockToleranceMs = 5_000;

/**
 * How many used proofs are remembered: about 100 MB. By default that is 8,000 proofs a second, more than a process can
 * verify; with the longest `proofLifeMs` it is 800. Beyond it proofs are refused: one that was forgotten could be used
 * again. A log-in adds its proof only when its credentials were accepted, so callers without any cannot fill this.
 */
const maxUsedProofs = 1_000_000;

export function createDpop({ options, realm, keys, platform, share }: DpopParts): Dpop {
  const { proofLifeMs: stepMs, sharedReplay } = options;
  const nonces = options.nonce ? createNonces({ realm, keys, platform, stepMs }) : undefined;
  const readProof = createDpopProofReader();
  const isTarget = createIsTarget(options.baseUrls);
  const used = createUsedDpopProofs(maxUsedProofs);

  function nonceFields(): HeaderFields | undefined {
    return nonces && [["dpop-nonce", nonces.current()]];
  }

  function refuse(reason: DpopRefusal): Extract<DpopCheck, { kind: "refused" }> {
    return { kind: "refused", reason, headers: nonceFields() };
  }

  /**
   * Returns the step in which a proof was made: by our clock if there are nonces, else by the client's. `undefined`
   * when it is too old.
   */
  function stepOf({ nonce, iat }: DpopProof): number | undefined {
    if (nonces !== undefined) return nonce === undefined ? undefined : nonces.stepOf(nonce);
    const age = platform.now() - iat * 1_000;
    return age <= stepMs && age >= -clockToleranceMs ? toStep(iat * 1_000, stepMs) : undefined;
  }

  function use(proof: DpopProof, step: number): Awaitable<DpopCheck> {
    const now = toStep(platform.now(), stepMs);
    const id = hash("sha256", `${proof.jkt} ${proof.jti}`, "base64url");
    const first = used.use(id, step, now - 1);
    if (first !== "first") return refuse(first === "full" ? "unavailable" : "invalid_dpop_proof");
    const proved: DpopCheck = { kind: "proved", jkt: proof.jkt, headers: step < now ? nonceFields() : undefined };
    if (!sharedReplay) return proved;
    // A proof is made in the next step at the latest, and accepted until the end of the step after that.
    return after(share(id, 3 * stepMs), (isFirst) => (isFirst ? proved : refuse("invalid_dpop_proof")));
  }

  function lookAt(request: ProvenRequest, { token, jkt }: ExpectedBinding): DpopLook {
    const value = soleOf(request.rawHeaders, "dpop");
    const proof = typeof value === "string" ? readProof(value) : undefined;
    const isMeant =
      proof !== undefined &&
      (jkt === undefined || proof.jkt === jkt) &&
      proof.htm === request.method &&
      isTarget(proof.htu, request) &&
      proof.ath === (token === undefined ? undefined : hash("sha256", token, "base64url"));
    if (!isMeant) return refuse("invalid_dpop_proof");
    const step = stepOf(proof);
    if (step === undefined) return refuse(nonces === undefined ? "invalid_dpop_proof" : "use_dpop_nonce");
    if (!proof.isSigned()) return refuse("invalid_dpop_proof");
    return { kind: "good", use: () => rescue(() => use(proof, step), cannotTell) };
  }

  function look(request: ProvenRequest, expected: ExpectedBinding): DpopLook {
    try {
      return lookAt(request, expected);
    } catch {
      return cannotTell();
    }
  }

  return {
    isPresent: ({ rawHeaders }) => indexOfField(rawHeaders, "dpop") !== -1,
    check(request, expected) {
      const looked = look(request, expected);
      return looked.kind === "good" ? looked.use() : looked;
    },
    look: (request) => look(request, {}),
  };
}

const cannotTell = () => ({ kind: "refused", reason: "unavailable" }) as const;
