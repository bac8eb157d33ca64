import type { Bearer } from "../../src/client/bearer/bearer.js";
import type { Peer } from "../../src/model/request.js";
import { athOf, createProofMaker } from "../binding/proof-maker.js";

/** What a session is bound to, if it is. */
export type BoundTo = "key" | "certificate" | undefined;

/** A request, as it is on the wire. */
export interface Sent {
  readonly authorization: string;
  readonly dpop?: string | undefined;
  readonly peer: Peer;
}

/** What somebody has beside a token. */
export interface Holder {
  /** For the shipped client's side of a session. */
  readonly key: Bearer["key"];
  /** A request with this token. */
  present(token: string): Sent;
  /** A request with the password. */
  logIn(): Sent;
  learn(nonce: string | null): void;
}

/** What every request of the simulated world asks for. */
export const target = { method: "GET", path: "/", host: "api.example" } as const;

export const anyPeer: Peer = { address: "192.0.2.1", trusted: false };

/** What everybody logs in with. */
export const password: string = `Basic ${Buffer.from("ada:lovelace").toString("base64")}`;

/** A token as whoever holds nothing else presents it. */
export const bearerOf = (token: string): Sent => ({ authorization: `Bearer ${token}`, peer: anyPeer });

/** Nothing, a key or a certificate, each its own. */
export function createHolder(boundTo: BoundTo): Holder {
  if (boundTo === "key") return createKeyHolder();
  const certificate = new TextEncoder().encode(`certificate ${certificates++}`);
  const peer: Peer = boundTo === undefined ? anyPeer : { ...anyPeer, certificate };
  return {
    key: undefined,
    present: (token) => ({ authorization: `Bearer ${token}`, peer }),
    logIn: () => ({ authorization: password, peer }),
    learn: () => {},
  };
}

let certificates = 0;

/** Signs at once, where the shipped client's WebCrypto would let the clock of the world run on. */
function createKeyHolder(): Holder {
  const maker = createProofMaker();
  let nonce: string | undefined;
  let proofs = 0;
  const learn = (next: string | null): boolean => {
    nonce = next ?? nonce;
    return next !== null;
  };
  const prove = (ath: string | undefined): string => {
    const jti = `${maker.jkt}.${proofs++}`;
    return maker.prove({ jti, htu: `https://${target.host}${target.path}`, nonce, ath });
  };
  return {
    key: { prove: () => Promise.reject(new Error("the simulated client signs by itself")), learn, isStale: false },
    learn,
    present: (token) => ({ authorization: `DPoP ${token}`, dpop: prove(athOf(token)), peer: anyPeer }),
    logIn: () => ({ authorization: password, dpop: prove(undefined), peer: anyPeer }),
  };
}
