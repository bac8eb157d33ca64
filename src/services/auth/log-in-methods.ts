import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import { toUserPass } from "../../credentials/user-pass.js";
import type { Auth } from "../../engine/auth.js";
import {
  type AuthService,
  GetChallengeResponseSchema,
  type LogInRequest,
  LogInResponseSchema,
} from "../../gen/sallyport/v1/auth_service_pb.js";
import type { Identity } from "../../model/identity.js";
import type { LogInCredentials } from "../../model/log-in.js";
import { parseKeyChallenge, privateKeyScheme, toKeyMessage } from "../../wire/key-messages.js";
import { readSpki } from "../../wire/public-key.js";
import { toLogInContext } from "../log-in-context.js";
import { asking, toConnectError } from "../to-connect-error.js";
import { toCallerMessage, toSessionMessage } from "./messages.js";
import { toOperateAsWish } from "./ticket-methods.js";

type LogInMethods = Pick<ServiceImpl<typeof AuthService>, "logIn" | "getChallenge">;

/** Makes the RPCs whose only credentials are in their messages. */
export function createLogInMethods<I extends Identity>(auth: Auth<I>): LogInMethods {
  return {
    async logIn(request, context) {
      forbidStoring(context);
      const credentials = toCredentials(request);
      const operateAs = request.operateAs && toOperateAsWish(request.operateAs);
      const outcome = await asking(() => auth.logIn(credentials, { ...toLogInContext(context), operateAs }));
      switch (outcome.kind) {
        case "opened": {
          const scheme = outcome.caller.scheme === "dpop" ? "DPoP" : "Bearer";
          context.responseHeader.set("authorization", `${scheme} ${outcome.token}`);
          for (const [name, value] of outcome.headers ?? []) context.responseHeader.set(name, value);
          return create(LogInResponseSchema, {
            token: outcome.token,
            caller: toCallerMessage({ ...outcome.caller, scheme: outcome.session.scheme }),
            session: toSessionMessage(outcome.session),
          });
        }
        case "denied":
          throw toConnectError(outcome, isScript(context));
        case "challenged":
          throw new ConnectError("This log-in needs another round, and LogIn has only one.", Code.Unimplemented);
        default:
          return outcome satisfies never;
      }
    },

    async getChallenge({ user, publicKey }, context) {
      forbidStoring(context);
      const read = readSpki(publicKey);
      if ("fault" in read) throw new ConnectError(`public_key ${read.fault}`, Code.InvalidArgument);
      const payload = toKeyMessage({ kind: "challenge", user, publicKey });
      // This call opens no session, so it must not bind one: a proof in the request is for a token that the caller has
      // already.
      const outcome = await asking(() =>
        auth.logIn({ scheme: privateKeyScheme, payload }, toLogInContext(context, "dpop")),
      );
      if (outcome.kind === "denied") throw toConnectError(outcome, isScript(context));
      const challenge = outcome.kind === "challenged" ? parseKeyChallenge(outcome.payload) : undefined;
      if (challenge === undefined)
        throw new ConnectError("This server's private keys have a handler of another kind.", Code.Unimplemented);
      return create(GetChallengeResponseSchema, challenge);
    },
  };
}

/** Whether a script in a page calls, which must not make the browser open a dialog. */
function isScript({ requestHeader }: HandlerContext): boolean {
  return requestHeader.get("sec-fetch-dest") === "empty";
}

/** Forbids caches to store the answer, for every answer that describes or opens a session. */
export function forbidStoring(context: HandlerContext): void {
  context.responseHeader.set("cache-control", "no-store");
}

function toCredentials({ proof }: LogInRequest): LogInCredentials {
  switch (proof.case) {
    case "password":
      return { scheme: "basic", payload: toUserPass(proof.value.user, proof.value.password) };
    case "privateKey": {
      const { user, publicKey, nonce, signature } = proof.value;
      const payload = toKeyMessage({ kind: "answer", user, publicKey, nonce, signature });
      return { scheme: privateKeyScheme, payload };
    }
    case "external":
      return { scheme: "external", payload: Buffer.from(proof.value.key) };
    case undefined:
      throw new ConnectError("proof is missing", Code.InvalidArgument);
    default:
      return proof satisfies never;
  }
}
