import { create } from "@bufbuild/protobuf";
import { type UserContext, UserContextSchema } from "../../gen/io/deephaven/proto/auth/auth_pb.js";
import type { Actor, Identity } from "../../model/identity.js";
import type { OperateAsWish } from "../../model/log-in.js";

/** A caller, as far as this wire can say who it is. */
interface Who {
  readonly identity: Identity;
  readonly actor?: Actor | undefined;
}

/** Both names: whoever proved who they are, and whose rights count. */
export function toUserContext({ identity, actor }: Who): UserContext {
  let first: Actor = actor ?? identity;
  while (first.actor !== undefined) first = first.actor;
  return create(UserContextSchema, { authenticatedUser: first.subject, effectiveUser: identity.subject });
}

/** Whether a context that somebody sent names this caller, and as acting for whom they act for. */
export function isSameContext(user: UserContext | undefined, who: Who): boolean {
  const own = toUserContext(who);
  return user?.authenticatedUser === own.authenticatedUser && user.effectiveUser === own.effectiveUser;
}

/** Clients name themselves twice when they operate as nobody else. */
export function toWish(user: UserContext | undefined): OperateAsWish | undefined {
  const { authenticatedUser, effectiveUser } = user ?? { authenticatedUser: "", effectiveUser: "" };
  return effectiveUser === "" || effectiveUser === authenticatedUser ? undefined : { subject: effectiveUser };
}
