import { type CredentialWire, toLogInValue, type UpstreamCredential } from "./credential.js";
import type { CallAnswer, CallRequest } from "./upstream-call.js";

/** The calls that the gateway itself makes to an upstream, for the sessions of its callers there. */
export interface BridgeCalls {
  readonly logIn: CallRequest;
  /** Uses the session and does nothing else. */
  keepAlive(token: string): CallRequest;
  /** `undefined`: the upstream has no such call. */
  readonly logOut: ((token: string) => CallRequest) | undefined;
}

/** What an answer to such a call says. `refused`: the credentials or the token are not good, or not any more. */
export type CallVerdict = "done" | "refused" | "failed";

const backplane = "/io.deephaven.proto.backplane.grpc";

const handshake = "/arrow.flight.protocol.FlightService/Handshake";

/** One empty message of gRPC: not compressed, of no bytes. */
const emptyMessage = new Uint8Array(5);

const grpc = (path: string, authorization: string, body?: Uint8Array): CallRequest => ({
  ...{ method: "POST", path, body },
  headers: ["content-type", "application/grpc", "te", "trailers", "authorization", authorization],
});

const json = (path: string, authorization: string | undefined, message: object): CallRequest => ({
  ...{ method: "POST", path, body: Buffer.from(JSON.stringify(message)) },
  headers: [
    ...["content-type", "application/json", "connect-protocol-version", "1"],
    ...(authorization === undefined ? [] : ["authorization", authorization]),
  ],
});

const wires: Readonly<Record<CredentialWire, (credential: UpstreamCredential) => BridgeCalls>> = {
  deephaven(credential) {
    const path = `${backplane}.ConfigService/GetConfigurationConstants`;
    const use = (authorization: string) => grpc(path, authorization, emptyMessage);
    return {
      logIn: use(toLogInValue(credential)),
      keepAlive: (token) => use(`Bearer ${token}`),
      logOut: (token) => grpc(`${backplane}.SessionService/CloseSession`, `Bearer ${token}`, emptyMessage),
    };
  },
  // By header: zero messages, and the end of the request. It renews nothing by itself at some servers.
  flight: (credential) => ({
    logIn: grpc(handshake, toLogInValue(credential)),
    keepAlive: (token) => grpc(handshake, `Bearer ${token}`),
    logOut: undefined,
  }),
  sallyport({ user = "", secret: password }) {
    const path = "/sallyport.v1.AuthService";
    return {
      logIn: json(`${path}/LogIn`, undefined, { password: { user, password } }),
      keepAlive: (token) => json(`${path}/WhoAmI`, `Bearer ${token}`, {}),
      logOut: (token) => json(`${path}/LogOut`, `Bearer ${token}`, {}),
    };
  },
  http(credential) {
    const { path = "/", logOutPath } = credential;
    const use = (authorization: string): CallRequest => ({
      ...{ method: "GET", path, headers: ["authorization", authorization] },
    });
    return {
      logIn: use(toLogInValue(credential)),
      keepAlive: (token) => use(`Bearer ${token}`),
      logOut:
        logOutPath === undefined
          ? undefined
          : (token) => ({ ...use(`Bearer ${token}`), method: "POST", path: logOutPath }),
    };
  },
};

/** Returns the calls of a credential, by its wire. */
export function toBridgeCalls(credential: UpstreamCredential): BridgeCalls {
  return wires[credential.wire](credential);
}

/** Returns what an answer says of the credentials or the token of its call. */
export function verdictOf({ status, grpcStatus }: Pick<CallAnswer, "status" | "grpcStatus">): CallVerdict {
  if (status === 401 || status === 403 || grpcStatus === "16" || grpcStatus === "7") return "refused";
  if (grpcStatus !== undefined) return grpcStatus === "0" ? "done" : "failed";
  return status < 500 ? "done" : "failed";
}
