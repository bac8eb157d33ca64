import type { Transport } from "@connectrpc/connect";
import type { WhoAmIResponse } from "../../gen/sallyport/v1/auth_service_pb.js";
import type { Caller } from "../../gen/sallyport/v1/caller_pb.js";
import type { KeySigner } from "../key/private-key.js";

/** A way to log in, with its credentials. */
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
  /** The account to operate as, for this one token. Default: the caller's own. */
  readonly operateAs?: string | undefined;
  /** The reason, if the server's policy requires one. `sallyport.v1` only. */
  readonly reason?: string | undefined;
  /** How long the token is valid, in milliseconds. `sallyport.v1` only. Default: the server's, 30,000 unless configured. */
  readonly lifeMs?: number | undefined;
}

/** Options of `AuthClient.operateAs`. */
export interface ClientAsOptions {
  /** The reason, if the server's policy requires one. */
  readonly reason?: string | undefined;
  /** How long at most, in milliseconds. Default: as long as the policy allows. */
  readonly maxMs?: number | undefined;
}

/** A one-time token for one service. */
export interface ServiceToken {
  readonly service: string;
  /**
   * The text to hand to the service, which is secret until it is redeemed: a ticket; with Deephaven Enterprise, a
   * `Token` in base64.
   */
  readonly value: string;
  /** When it expires; `undefined` when the server does not say. */
  readonly expiresAt: Date | undefined;
}

/** The result of redeeming a token. */
export interface RedeemedToken {
  readonly caller: Caller;
  /** The session for which it was issued; `undefined` when the server does not say. */
  readonly sessionRef: string | undefined;
}

/** The calls of `AuthClient` to a server, in one protocol. */
export interface AuthWire {
  /** The transport for the application's services. */
  readonly transport: Transport;
  readonly fetch: typeof globalThis.fetch;
  readonly token: string | undefined;
  logIn(method: LogInMethod): Promise<Caller | undefined>;
  whoAmI(): Promise<WhoAmIResponse>;
  ping(): Promise<boolean>;
  getToken(service: string, options: ServiceTokenOptions): Promise<ServiceToken>;
  redeemToken(value: string, service: string): Promise<RedeemedToken | undefined>;
  /** Opens a session as another account and returns its wire. */
  openAs(subject: string, options: ClientAsOptions): Promise<AuthWire>;
  close(): Promise<void>;
}
