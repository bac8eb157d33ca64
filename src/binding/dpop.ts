import { hash } from "node:crypto";
import { type Awaitable, after, rescue } from "../base/awaitable.js";
import type { Platform } from "../base/platform.js";
import { readAll } from "../credentials/carriers.js";
import type { Keys } from "../keys/key-ring.js";
import type { AuthRequest, HeaderFields } from "../model/request.js";
import { createNonces, toStep } from "./dpop-nonce.js";
import type { ResolvedDpopOptions } from "./dpop-options.js";
import { createDpopProofReader, type DpopProof } from "./dpop-proof.js";
import { createUsedDpopProofs } from "./dpop-replay.js";
import { createIsTarget } from "./dpop-target.js";

/** What a proof is worth. `headers` go with the answer, whatever it is. */
export type DpopCheck =
  | { readonly kind: "proved"; readonly jkt: string; readonly headers?: HeaderFields | undefined }
  | { readonly kind: "refused"; readonly reason: DpopRefusal; readonly headers?: HeaderFields | undefined };

export type DpopRefusal = "invalid_dpop_proof" | "use_dpop_nonce" | "unavailable";

/** What a proof must be for: a session's token and its key, or, at a log-in, neither. */
export interface ExpectedBinding {
  readonly token?: string | undefined;
  readonly jkt?: string | undefined;
}

/** Checks `DPoP` proofs (RFC 9449 §4.3). */
export interface Dpop {
  /** The request brings one, good or bad: at a log-in that is the wish to bind the session. */
  isPresent(request: Pick<AuthRequest, "rawHeaders">): boolean;
  /** Uses the proof up: a second time it is a replay. Answers at once unless the store is asked. Never throws. */
  check(request: ProvenRequest, expected: ExpectedBinding): Awaitable<DpopCheck>;
}

export type ProvenRequest = Pick<AuthRequest, "method" | "path" | "rawHeaders">;

export interface DpopParts {
  readonly options: ResolvedDpopOptions;
  readonly realm: string;
  readonly keys: Keys;
  readonly platform: Platform;
  /** Remembers a used proof for all nodes; `false` when one of them has. May throw. */
  readonly share: (id: string, lifeMs: number) => Awaitable<boolean>;
}

/** Without nonces the client's clock counts. One that is set by NTP differs by less. */
const clockToleranceMs = 5_000;

/** About 100 MB. More than one process can verify in the life of a proof, so it does not fill up. */
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

  function refuse(reason: DpopRefusal): DpopCheck {
    return { kind: "refused", reason, headers: nonceFields() };
  }

  /** When it was made: by our clock if there are nonces, and by the client's if not. `undefined` when too long ago. */
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
    // Made in the next step at the latest, and accepted in the one after it.
    return after(share(id, 3 * stepMs), (isFirst) => (isFirst ? proved : refuse("invalid_dpop_proof")));
  }

  function checkProof(request: ProvenRequest, { token, jkt }: ExpectedBinding): Awaitable<DpopCheck> {
    const [value, second] = readAll(request.rawHeaders, "dpop");
    const proof = value === undefined || second !== undefined ? undefined : readProof(value);
    const isMeant =
      proof !== undefined &&
      (jkt === undefined || proof.jkt === jkt) &&
      proof.htm === request.method &&
      isTarget(proof.htu, request) &&
      proof.ath === (token === undefined ? undefined : hash("sha256", token, "base64url"));
    if (!isMeant) return refuse("invalid_dpop_proof");
    const step = stepOf(proof);
    if (step === undefined) return refuse(nonces === undefined ? "invalid_dpop_proof" : "use_dpop_nonce");
    return proof.isSigned() ? use(proof, step) : refuse("invalid_dpop_proof");
  }

  return {
    isPresent: ({ rawHeaders }) => readAll(rawHeaders, "dpop").length > 0,
    check: (request, expected) => rescue(() => checkProof(request, expected), cannotTell),
  };
}

const cannotTell = (): DpopCheck => ({ kind: "refused", reason: "unavailable" });
