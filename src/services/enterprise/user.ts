import { create } from "@bufbuild/protobuf";
import { type UserContext, UserContextSchema } from "../../gen/io/deephaven/proto/auth/auth_pb.js";
import type { Actor, Identity } from "../../model/identity.js";
import type { OperateAsWish } from "../../model/log-in.js";

/** The part of a caller that this protocol can express. */
interface Who {
  readonly identity: Identity;
  readonly actor?: Actor | undefined;
}

/** Makes the context of a caller: the user who logged in, and the user whose rights the caller has. */
export function toUserContext({ identity, actor }: Who): UserContext {
  let first: Actor = actor ?? identity;
  while (first.actor !== undefined) first = first.actor;
  return create(UserContextSchema, { authenticatedUser: first.subject, effectiveUser: identity.subject });
}

/** Whether a context that a client sent has both names of this caller. */
export function isSameContext(user: UserContext | undefined, who: Who): boolean {
  const own = toUserContext(who);
  return user?.authenticatedUser === own.authenticatedUser && user.effectiveUser === own.effectiveUser;
}

/** Returns the wish to operate as another user. A client without one sends its own name twice. */
export function toWish(user: UserContext | undefined): OperateAsWish | undefined {
  const { authenticatedUser, effectiveUser } = user ?? { authenticatedUser: "", effectiveUser: "" };
  return effectiveUser === "" || effectiveUser === authenticatedUser ? undefined : { subject: effectiveUser };
}
