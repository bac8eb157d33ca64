import { hash } from "node:crypto";
import type { Beginner } from "../begin-session.js";
import type { Deny } from "../credentials/deny.js";
import type { Denial } from "../decision.js";
import { AuthError } from "../errors.js";
import type { OnEvent } from "../events.js";
import type { Awaitable } from "../handlers/handler.js";
import type { Identity } from "../identity.js";
import type { OpenContext, OpenFor, SessionOpened } from "../log-in.js";
import type { Platform } from "../platform.js";
import type { OperateAs } from "../policies/operate-as.js";
import type { Keys } from "../sessions/keys.js";
import type { LoadOpen } from "../sessions/load-open.js";
import type { Caller } from "../sessions/session.js";
import { fromContentJson, type SessionContent, toAuthenticatedAt } from "../sessions/session-content.js";
import type { Sessions } from "../sessions/sessions.js";
import type { Ask } from "../stores/guarded-store.js";
import type { Store } from "../stores/store.js";
import { withSecret } from "../with-secret.js";
import type {
  IssuedNumber,
  IssuedTicket,
  RedeemedTicket,
  RefusedTicket,
  TicketMisuse,
  TicketRequest,
  Tickets,
} from "./ticket.js";
import { defaultLifeMs, requireRequest, requireService } from "./ticket-request.js";
import { createTicketCodec, toServiceMark } from "./ticket-token.js";

export interface TicketsParts<I extends Identity> {
  readonly platform: Platform;
  readonly realm: string;
  readonly store: Store;
  readonly ask: Ask;
  readonly loadOpen: LoadOpen;
  readonly keys: Keys;
  readonly deny: Deny;
  readonly operateAs: OperateAs<I>;
  readonly sessions: Pick<Sessions, "end">;
  readonly openFor: OpenFor<I>;
  readonly onTicketMisuse: (misuse: TicketMisuse) => "revoke" | "alarm";
  readonly emit: OnEvent;
}

/** What the store keeps of a ticket: nothing that it could be made from. */
interface TicketRecord {
  readonly service: string;
  readonly ref: string;
  readonly scheme: string;
  /** The session's content, or what a grant made of it. */
  readonly content: SessionContent;
  readonly createdAt: number;
  /** There where the grant is for this service's tickets; milliseconds since 1970. */
  readonly ownGrant?: { readonly endsAt?: number | undefined } | undefined;
}

const noHeaders = { rawHeaders: [] };

/** Issues and redeems tickets: put once, taken at most once, whatever the store and the network do. */
export function createTickets<I extends Identity>(parts: TicketsParts<I>): Tickets<I> {
  const { platform, realm, store, ask, loadOpen, keys, deny, operateAs, emit } = parts;
  /** What was redeemed here and may still be gone on with. */
  const handedOver = new WeakMap<RedeemedTicket<I>, Beginner>();
  const codec = createTicketCodec(realm, keys);
  const label = `sallyport ticket id 1\0${realm}\0`;
  const nameOf = (id: Uint8Array): string => hash("sha256", Buffer.concat([Buffer.from(label), id]), "base64url");

  /** Puts a ticket under `id`, and says until when it is good, and who it is for. */
  async function put(caller: Caller, request: TicketRequest, id: Uint8Array): Promise<Put<I> | Denial> {
    const { service, lifeMs = defaultLifeMs, operateAs: wish } = requireRequest(request);
    const { session } = caller;
    if (session === undefined) throw new AuthError("no_session", "a ticket is issued for a session: log in first");
    const row = await loadOpen(session.ref);
    if (row === undefined) return deny(noHeaders, "revoked");
    const own = fromContentJson<I>(row.identity);
    const operating = wish === undefined ? undefined : await operateAs.begin({ ...own, session }, wish, service);
    if (wish !== undefined && operating === undefined) return deny(noHeaders, "operate_as_refused");
    const content = operating === undefined ? own : { ...own, ...pick(operating) };
    const now = platform.now();
    const grantEnds = operating && now + operating.maxMs;
    const record: TicketRecord = {
      ...{ service, ref: row.ref, scheme: row.scheme, content, createdAt: row.createdAt },
      ...(operating && { ownGrant: Number.isFinite(grantEnds) ? { endsAt: grantEnds } : {} }),
    };
    const goodMs = Math.min(lifeMs, operating?.maxMs ?? lifeMs);
    const expiresAt = Math.floor((now + goodMs) / 1_000) * 1_000;
    const isKept = await ask(() => store.put("ticket", nameOf(id), JSON.stringify(record), goodMs));
    if (!isKept) return deny(noHeaders, "unavailable"); // taken already: as likely as a guessed ticket
    emit({
      kind: "ticket-issued",
      ref: row.ref,
      subject: content.identity.subject,
      actor: content.actor?.subject,
      service,
    });
    return { kind: "put", expiresAt, content };
  }

  async function orUnavailable<T>(attempt: () => Promise<T>): Promise<T | Denial> {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof AuthError && (error.code === "no_session" || error.code === "invalid_options")) throw error;
      return deny(noHeaders, "unavailable");
    }
  }

  async function misused(
    ref: string | undefined,
    reason: TicketMisuse["reason"],
    service: string,
  ): Promise<RefusedTicket> {
    emit({ kind: "ticket-misused", ref, reason, service });
    let answer: "revoke" | "alarm";
    try {
      answer = parts.onTicketMisuse({ ref, reason, service });
    } catch {
      answer = "revoke"; // a policy that fails must not spare a thief
    }
    if (answer === "revoke" && ref !== undefined) await parts.sessions.end(ref, "ticket misused");
    return { kind: "refused", reason };
  }

  async function consume(id: Uint8Array, service: string, ref?: string): Promise<RedeemedTicket<I> | RefusedTicket> {
    const checkedAt = platform.monotonic();
    const json = await ask(() => store.take("ticket", nameOf(id)));
    if (json === undefined) return misused(ref, "used", service);
    const record = JSON.parse(json) as TicketRecord;
    if (record.service !== service) return misused(record.ref, "wrong_service", service);
    // After the take: a session that ended before it must not be served by a ticket under way.
    const row = await loadOpen(record.ref);
    if (row === undefined) return sessionEnded;
    const content = fromContentJson<I>(JSON.stringify(record.content));
    if (!(await mayGoOn(content, record.ownGrant && service))) return sessionEnded;
    const { identity, actor, acr, cnf, grant } = content;
    const authenticatedAt = toAuthenticatedAt(content, record.createdAt);
    const { ref: of, scheme } = record;
    const { createdAt, rules } = row;
    emit({ kind: "ticket-redeemed", ref: of, subject: identity.subject, actor: actor?.subject, service });
    const redeemed = { kind: "redeemed", identity, actor, scheme, ref: of, authenticatedAt, acr } as const;
    const expiresAt = Math.min(createdAt + rules.absoluteMs, record.ownGrant?.endsAt ?? Number.POSITIVE_INFINITY);
    const provedAt = authenticatedAt ?? "unknown";
    const from = record.ref;
    handedOver.set(redeemed, { identity, actor, scheme, provedAt, acr, cnf, grant, expiresAt, checkedAt, from });
    return redeemed;
  }

  function mayGoOn({ identity, actor, grant }: StillContent, service?: string): Awaitable<boolean> {
    return grant === undefined || operateAs.mayGoOn({ identity, actor, grant }, service);
  }

  async function open(redeemed: RedeemedTicket<I>, context: OpenContext): Promise<SessionOpened<I> | Denial> {
    const who = handedOver.get(redeemed);
    if (who === undefined) throw new AuthError("invalid_options", "open takes what redeem returned, and takes it once");
    handedOver.delete(redeemed);
    // Not for a service any more: a grant for its tickets alone opens no session.
    if (!(await mayGoOn(who))) return deny(noHeaders, "operate_as_refused");
    return parts.openFor(who, context);
  }

  async function orRefused(attempt: () => Promise<RedeemedTicket<I> | RefusedTicket>) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof AuthError && error.code === "invalid_options") throw error;
      return { kind: "refused", reason: "unavailable" } as const;
    }
  }

  return Object.freeze({
    issue: (caller: Caller, request: TicketRequest) =>
      orUnavailable<IssuedTicket | Denial>(async () => {
        const ticketId = platform.random(16);
        const made = await put(caller, request, ticketId);
        if (made.kind === "denied") return made;
        const { expiresAt } = made;
        const ref = caller.session?.ref ?? "";
        const { id: keyId } = keys.signing();
        const fields = {
          keyId,
          ticketId,
          ref,
          expiresAt: expiresAt / 1_000,
          serviceMark: toServiceMark(request.service),
        };
        const ticket = codec.encode(fields);
        if (ticket === undefined) return deny(noHeaders, "unavailable");
        return withSecret({ kind: "issued", expiresAt } as const, { ticket });
      }),
    redeem: (ticket: string, service: string) =>
      orRefused(async () => {
        requireService(service);
        const fields = codec.decode(ticket);
        if (fields === undefined) return { kind: "refused", reason: "invalid_ticket" };
        if (platform.now() >= fields.expiresAt * 1_000) return { kind: "refused", reason: "expired" };
        if (!Buffer.from(toServiceMark(service)).equals(fields.serviceMark)) {
          await ask(() => store.take("ticket", nameOf(fields.ticketId)));
          return misused(fields.ref, "wrong_service", service);
        }
        return consume(fields.ticketId, service, fields.ref);
      }),
    issueNumber: (caller: Caller, request: TicketRequest) =>
      orUnavailable<IssuedNumber<I> | Denial>(async () => {
        const bytes = Buffer.from(platform.random(8));
        const made = await put(caller, request, bytes);
        if (made.kind === "denied") return made;
        const { expiresAt, content } = made;
        const { identity, actor } = content;
        const number = bytes.readBigUInt64BE();
        return withSecret({ kind: "issued", expiresAt, identity, actor } as const, { number });
      }),
    redeemNumber: (number: bigint, service: string) =>
      orRefused(async () => {
        requireService(service);
        const bytes = Buffer.alloc(8);
        bytes.writeBigUInt64BE(BigInt.asUintN(64, number));
        return consume(bytes, service);
      }),
    open: (redeemed: RedeemedTicket<I>, context: OpenContext) => orUnavailable(() => open(redeemed, context)),
  });
}

interface Put<I extends Identity> {
  readonly kind: "put";
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  readonly content: SessionContent<I>;
}

type StillContent = Pick<SessionContent, "identity" | "actor" | "grant">;

const sessionEnded: RefusedTicket = Object.freeze({ kind: "refused", reason: "session_ended" });

function pick<I extends Identity>({ identity, actor, grant }: SessionContent<I>): Partial<SessionContent<I>> {
  return { identity, actor, grant };
}
