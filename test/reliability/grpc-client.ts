import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { StringValueSchema } from "@bufbuild/protobuf/wkt";
import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import {
  LogInRequestSchema,
  LogOutRequestSchema,
  WhoAmIRequestSchema,
  WhoAmIResponseSchema,
} from "../../src/gen/sallyport/v1/auth_service_pb.js";
import {
  type ClientContext,
  endedUnderWay,
  followByHand,
  password,
  type RunClient,
  tokenIn,
  type Wire,
} from "./client.js";
import { callTimeoutMs } from "./pace.js";
import type { Call, Outcome } from "./records.js";

/** grpc-js, with the log-in by RPC. */
export const runGrpcClient: RunClient = (name, context) => followByHand(name, 3, context, () => openGrpcWire(context));

/** A connection that only seems to be there is noticed by a ping. The shortest that grpc-js allows. */
const channelOptions = {
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.min_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 500,
  "grpc.keepalive_time_ms": 1_000,
  "grpc.keepalive_timeout_ms": 1_000,
  "grpc.use_local_subchannel_pool": 1,
};

function openGrpcWire({ origin, ledger, random }: ClientContext): Wire {
  const client = new Client(new URL(origin).host, credentials.createInsecure(), channelOptions);
  const same = (bytes: Buffer): Buffer => bytes;

  function send(call: Call, path: string, message: Uint8Array, read?: (answer: Buffer) => string): Promise<void> {
    const metadata = new Metadata();
    metadata.set("x-request-id", call.id);
    if (call.token !== undefined) metadata.set("authorization", `Bearer ${call.token}`);
    const deadline = Date.now() + callTimeoutMs;
    let token: string | undefined;
    return new Promise((resolve) => {
      const done = (outcome: Outcome): void => {
        ledger.finish(call, outcome);
        resolve();
      };
      client
        .makeUnaryRequest(path, same, same, Buffer.from(message), metadata, { deadline }, (error, answer) => {
          if (error !== null) return done(toOutcome(error));
          done({ kind: "let in", subject: answer && read?.(answer), token });
        })
        .on("metadata", (header: Metadata) => {
          token = tokenIn(header.get("authorization")[0]?.toString());
        });
    });
  }

  const service = "/sallyport.v1.AuthService";
  const logInOf = (user: string) =>
    create(LogInRequestSchema, { proof: { case: "password", value: { user, password } } });
  return {
    logIn: (account, call) => send(call, `${service}/LogIn`, toBinary(LogInRequestSchema, logInOf(account))),
    call: (call) =>
      random.chance(0.5)
        ? send(
            call,
            "/test.v1.TalkService/Say",
            toBinary(StringValueSchema, create(StringValueSchema, { value: "who" })),
            (answer) => fromBinary(StringValueSchema, answer).value,
          )
        : send(
            call,
            `${service}/WhoAmI`,
            toBinary(WhoAmIRequestSchema, create(WhoAmIRequestSchema)),
            (answer) => fromBinary(WhoAmIResponseSchema, answer).caller?.identity?.subject ?? "",
          ),
    logOut: (call) => send(call, `${service}/LogOut`, toBinary(LogOutRequestSchema, create(LogOutRequestSchema))),
    close: () => client.close(),
  };
}

/** grpc-js tells a broken connection by these, too. */
const lost: ReadonlySet<number> = new Set([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.CANCELLED,
  status.INTERNAL,
  status.UNKNOWN,
]);

function toOutcome({ code, details, metadata }: ServiceError): Outcome {
  const reason = metadata.get("sallyport-reason")[0]?.toString() ?? "";
  // Without a reason, which would promise that no method has run: the session has ended while the call was under way.
  if (code === status.UNAUTHENTICATED) return { kind: "refused", reason: reason || endedUnderWay };
  if (code === status.UNAVAILABLE && reason !== "") return { kind: "unavailable" };
  if (lost.has(code)) return { kind: "lost", how: `${status[code]}: ${details}` };
  return { kind: "odd", what: `${status[code]}: ${details}` };
}
