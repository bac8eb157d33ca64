import type { Transport } from "@connectrpc/connect";
import type { WhoAmIResponse } from "../../gen/sallyport/v1/auth_service_pb.js";
import type { Caller } from "../../gen/sallyport/v1/caller_pb.js";
import type { KeySigner } from "../key/private-key.js";

/** How somebody logs in. */
export type LogInMethod =
  | {
      readonly kind: "password";
      readonly user: string;
      readonly password: string;
      readonly operateAs: string | undefined;
    }
  | { readonly kind: "privateKey"; readonly signer: KeySigner }
  | { readonly kind: "external"; readonly key: string; readonly waitMs: number };

/** Options of `AuthClient.getToken`. */
export interface ServiceTokenOptions {
  /** Whom to operate as, for this one token. */
  readonly operateAs?: string | undefined;
  /** Why, where the server's policy asks for it. `sallyport.v1` only. */
  readonly reason?: string | undefined;
  /** How long it is good, in seconds. Default: the server's, 30 unless configured. `sallyport.v1` only. */
  readonly lifeSeconds?: number | undefined;
}

/** Options of `AuthClient.operateAs`. */
export interface OperateAsOptions {
  /** Why, where the server's policy asks for it. */
  readonly reason?: string | undefined;
  /** For how long at most, in seconds. Default: as long as the policy lets. */
  readonly maxSeconds?: number | undefined;
}

/** A one-time proof for one service. */
export interface ServiceToken {
  readonly service: string;
  /** What is handed to the service: a ticket; on the wire of Deephaven Enterprise, a `Token` in base64. A secret until it is redeemed. */
  readonly value: string;
  /** Until when it is good; `undefined` where the server does not say. */
  readonly expiresAt: Date | undefined;
}

/** Whose token a service has redeemed. */
export interface RedeemedToken {
  readonly caller: Caller;
  /** The session that it was issued for; `undefined` where the server does not say. */
  readonly sessionRef: string | undefined;
}

/** What `AuthClient` says to a server, in the words of one protocol. */
export interface AuthWire {
  /** For the services that the client's owner calls. */
  readonly transport: Transport;
  readonly fetch: typeof globalThis.fetch;
  readonly token: string | undefined;
  logIn(method: LogInMethod): Promise<Caller | undefined>;
  whoAmI(): Promise<WhoAmIResponse>;
  ping(): Promise<boolean>;
  getToken(service: string, options: ServiceTokenOptions): Promise<ServiceToken>;
  redeemToken(value: string, service: string): Promise<RedeemedToken | undefined>;
  /** Another session, which has begun. */
  operateAs(subject: string, options: OperateAsOptions): Promise<AuthWire>;
  close(): Promise<void>;
}
