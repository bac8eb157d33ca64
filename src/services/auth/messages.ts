import { create, type JsonObject } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type Caller as CallerMessage,
  CallerSchema,
  type Identity as IdentityMessage,
  IdentitySchema,
  type Session as SessionMessage,
  SessionSchema,
  type SessionSummary as SessionSummaryMessage,
  SessionSummarySchema,
} from "../../gen/sallyport/v1/caller_pb.js";
import type { Actor } from "../../model/identity.js";
import type { Caller, Session } from "../../model/session.js";
import type { SessionSummary } from "../../sessions/sessions.js";

/** Converts a caller to a message. */
export function toCallerMessage(caller: Omit<Caller, "session">): CallerMessage {
  const { identity, actor, scheme, authenticatedAt, acr = "", scopes } = caller;
  const limits = scopes && { scoped: true, scopes: [...scopes] };
  const message = create(CallerSchema, { identity: toIdentityMessage(identity), scheme, acr, ...limits });
  if (actor !== undefined) message.actor = toIdentityMessage(actor);
  for (let earlier = actor?.actor; earlier !== undefined; earlier = earlier.actor) {
    message.earlierActors.push(toIdentityMessage(earlier));
  }
  if (authenticatedAt !== undefined) message.authenticatedAt = timestampFromMs(authenticatedAt);
  return message;
}

function toIdentityMessage(identity: Actor): IdentityMessage {
  // Through JSON: an identity without a session, such as a verified JWT's, was not checked to be plain data.
  const {
    subject: _subject,
    roles: _roles,
    actor: _actor,
    ...claims
  } = JSON.parse(JSON.stringify(identity)) as JsonObject;
  return create(IdentitySchema, { subject: identity.subject, roles: [...(identity.roles ?? [])], claims });
}

/** Converts a session to a message. */
export function toSessionMessage(session: Pick<Session, "ref" | "scheme" | "createdAt" | "expiresAt">): SessionMessage {
  return create(SessionSchema, {
    ref: session.ref,
    scheme: session.scheme,
    createdAt: timestampFromMs(session.createdAt),
    expiresAt: timestampFromMs(session.expiresAt),
  });
}

/** Converts a listed session to a message. */
export function toSummaryMessage(summary: SessionSummary, current: string | undefined): SessionSummaryMessage {
  return create(SessionSummarySchema, {
    session: toSessionMessage(summary),
    subject: summary.subject,
    actor: summary.actor ?? "",
    lastUsedAt: timestampFromMs(summary.lastUsedAt),
    claimed: summary.claimed,
    current: summary.ref === current,
  });
}
