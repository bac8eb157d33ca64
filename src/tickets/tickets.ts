import { hash } from "node:crypto";
import { AuthError } from "../base/errors.js";
import type { Platform } from "../base/platform.js";
import { withSecret } from "../base/with-secret.js";
import { type Deny, withoutForm } from "../credentials/deny.js";
import type { Keys } from "../keys/key-ring.js";
import type { AuthenticationReason, Denial } from "../model/decision.js";
import { type EventParty, type Recording, toParty } from "../model/events.js";
import { type Identity, toActorNames } from "../model/identity.js";
import type { OpenContext, OpenFor, ProvedAt, SessionOpened, SessionSubject } from "../model/log-in.js";
import type { RequestOrigin } from "../model/request.js";
import type { Caller, SessionContent } from "../model/session.js";
import type { Ask, Store } from "../model/store.js";
import type { OperateAs } from "../policies/operate-as/operate-as.js";
import { fromContentJson, toAuthenticatedAt } from "../sessions/session-content.js";
import type { IssuedNumber, IssuedTicket, RedeemedTicket, RefusedTicket, TicketRequest, Tickets } from "./ticket.js";
import { createTicketQuota } from "./ticket-quota.js";
import { createTicketRefusals, type TicketRefusalParts } from "./ticket-refusals.js";
import { defaultLifeMs, requireRequest, requireService, type TicketRecord } from "./ticket-request.js";
import { createTicketCodec, type TicketFields, toServiceMark } from "./ticket-token.js";

export interface TicketsParts<I extends Identity> extends TicketRefusalParts {
  readonly platform: Platform;
  readonly realm: string;
  readonly store: Store;
  readonly ask: Ask;
  readonly keys: Keys;
  readonly deny: Deny;
  readonly operateAs: OperateAs<I>;
  readonly openFor: OpenFor<I>;
  readonly record: Recording;
}

/**
 * Makes the part of the engine that issues and redeems tickets. A ticket is put once and taken at most once, whatever
 * faults the store and the network have.
 */
export function createTickets<I extends Identity>(parts: TicketsParts<I>): Tickets<I> {
  const { platform, realm, store, ask, keys, deny, operateAs, emit, record } = parts;
  const { refuse, misused } = createTicketRefusals(parts);
  /** Tickets that were redeemed here and for which `open` may still be called. */
  const handedOver = new WeakMap<RedeemedTicket<I>, SessionSubject>();
  const codec = createTicketCodec(realm, keys);
  const quota = createTicketQuota(platform);
  const label = `sallyport ticket id 1\0${realm}\0`;
  const nameOf = (id: Uint8Array): string => hash("sha256", Buffer.concat([Buffer.from(label), id]), "base64url");

  /** Stores a ticket under `id`, and returns when it expires and whose identity it has. */
  async function put(
    caller: Caller,
    request: TicketRequest,
    id: Uint8Array,
    source: RequestOrigin | undefined,
  ): Promise<Put<I> | Denial> {
    const refused = refusing(source, toParty(caller));
    const { service, lifeMs = defaultLifeMs, operateAs: wish } = requireRequest(request);
    const { session } = caller;
    if (session === undefined) throw new AuthError("no_session", "a ticket is issued for a session: log in first");
    const live = await operateAs.loadLive(session.ref);
    if (live === undefined) return refused("revoked");
    const { row, content: own } = live;
    const provedAt: ProvedAt = toAuthenticatedAt(own, row.createdAt) ?? "unknown";
    const who = { ...own, scheme: row.scheme, provedAt, session };
    const operating = wish === undefined ? undefined : await operateAs.begin(who, wish, service, source);
    if (wish !== undefined && operating === undefined) return refused("operate_as_refused");
    const { identity, actor, grant } = operating ?? own;
    const content: SessionContent<I> = { ...own, identity, actor, grant };
    const now = platform.now();
    const grantEnds = operating && now + operating.maxMs;
    const kept: TicketRecord = {
      ...{ service, ref: row.ref, scheme: row.scheme, createdAt: row.createdAt },
      ...(operating && { content, ownGrant: Number.isFinite(grantEnds) ? { endsAt: grantEnds } : {} }),
      ...((operating?.detached ?? (request.detached === true && mayDetach(own))) && { detached: true }),
    };
    const goodMs = Math.min(lifeMs, operating?.maxMs ?? lifeMs, Math.max(1, session.expiresAt - now));
    // By whichever clock is behind, so that the store keeps the ticket until then at least.
    const expiresAt = Math.floor((Math.min(now, live.now) + goodMs) / 1_000) * 1_000;
    const [name, json] = [nameOf(id), JSON.stringify(kept)];
    const { actor: by, via = [] } = toActorNames(own.actor);
    if (!quota.take(name, via.at(-1) ?? by ?? own.identity.subject, json.length, goodMs)) {
      return refused("too_many_tickets");
    }
    const isKept = await ask(() => store.put("ticket", name, json, goodMs));
    if (!isKept) return refused("unavailable"); // the id is taken, which is as likely as a guessed ticket
    const names = { ref: row.ref, subject: content.identity.subject, ...toActorNames(content.actor) };
    // If this cannot be recorded, the ticket is not returned, and it expires.
    await record({ kind: "ticket-issued", ...names, service }, source);
    return { kind: "put", expiresAt, content };
  }

  function refusing(source: RequestOrigin | undefined, party?: EventParty) {
    return (reason: AuthenticationReason) => deny(withoutForm(source), reason, { party });
  }

  async function orUnavailable<T>(source: RequestOrigin | undefined, attempt: () => Promise<T>): Promise<T | Denial> {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof AuthError && (error.code === "no_session" || error.code === "invalid_options")) throw error;
      return refusing(source)("unavailable");
    }
  }

  async function consume(
    id: Uint8Array,
    service: string,
    fields: TicketFields | undefined,
    source: RequestOrigin | undefined,
  ): Promise<RedeemedTicket<I> | RefusedTicket> {
    const ref = fields?.ref;
    const checkedAt = platform.monotonic();
    const name = nameOf(id);
    const json = await ask(() => store.take("ticket", name));
    quota.give(name);
    if (json === undefined) {
      // The store has its own clock, and this node's may be behind it: any record tells the store's.
      const isLate =
        fields && (await ask(() => store.loadRecord("source-budget", name))).now >= fields.expiresAt * 1_000;
      return isLate ? refuse("expired", service, ref, source) : misused(ref, "used", service, source);
    }
    const kept = JSON.parse(json) as TicketRecord;
    if (kept.service !== service) return misused(kept.ref, "wrong_service", service, source);
    // Checked after the take: a ticket of a session that ended before must not succeed.
    const live = await operateAs.loadLive(kept.ref);
    if (live === undefined) return refuse("session_ended", service, kept.ref, source);
    const content = kept.content === undefined ? live.content : fromContentJson<I>(JSON.stringify(kept.content));
    const isGranted = await mayGoOn(content, kept.ownGrant && service);
    if (!isGranted) return refuse("session_ended", service, kept.ref, source);
    const { identity, actor, acr, cnf, grant, scopes } = content;
    const authenticatedAt = toAuthenticatedAt(content, kept.createdAt);
    const { ref: of, scheme } = kept;
    const { createdAt, rules } = live.row;
    const names = { ref: of, subject: identity.subject, ...toActorNames(actor) };
    // If this cannot be recorded, the ticket is consumed all the same: redeeming it twice would be worse.
    await record({ kind: "ticket-redeemed", ...names, service }, source);
    const redeemed = { kind: "redeemed", identity, actor, scheme, ref: of, authenticatedAt, acr, scopes } as const;
    const expiresAt = Math.min(createdAt + rules.absoluteMs, kept.ownGrant?.endsAt ?? Number.POSITIVE_INFINITY);
    const provedAt: ProvedAt = authenticatedAt ?? "unknown";
    const { detached } = kept;
    const who = { identity, actor, scheme, provedAt, acr, scopes, cnf, grant, expiresAt, checkedAt };
    handedOver.set(redeemed, { ...who, from: kept.ref, detached });
    return redeemed;
  }

  async function mayGoOn({ identity, actor, grant }: StillContent, service?: string): Promise<boolean> {
    return grant === undefined || (await operateAs.mayGoOn({ identity, actor, grant }, service)) === "holds";
  }

  async function open(redeemed: RedeemedTicket<I>, context: OpenContext): Promise<SessionOpened<I> | Denial> {
    const who = handedOver.get(redeemed);
    if (who === undefined) throw new AuthError("invalid_options", "open takes what redeem returned, and takes it once");
    handedOver.delete(redeemed);
    // Checked without a service: a grant for a service's tickets alone opens no session.
    if (!(await mayGoOn(who))) {
      const names = { subject: who.identity.subject, ...toActorNames(who.actor) };
      emit({ kind: "operate-as-refused", ...names, actor: who.actor?.subject ?? names.subject }, context);
      return refusing(context)("operate_as_refused");
    }
    return parts.openFor(who, context);
  }

  async function orRefused(
    service: string,
    source: RequestOrigin | undefined,
    attempt: () => Promise<RedeemedTicket<I> | RefusedTicket>,
  ) {
    requireService(service);
    return attempt().catch(() => refuse("unavailable", service, undefined, source));
  }

  return Object.freeze({
    issue: (caller: Caller, request: TicketRequest, source?: RequestOrigin) =>
      orUnavailable<IssuedTicket | Denial>(source, async () => {
        const ticketId = platform.random(16);
        const made = await put(caller, request, ticketId, source);
        if (made.kind === "denied") return made;
        const { expiresAt } = made;
        const ref = caller.session?.ref ?? "";
        const { id: keyId } = keys.signing();
        const serviceMark = toServiceMark(request.service);
        const ticket = codec.encode({ keyId, ticketId, ref, expiresAt: expiresAt / 1_000, serviceMark });
        if (ticket === undefined) return refusing(source)("unavailable");
        return withSecret({ kind: "issued", expiresAt } as const, { ticket });
      }),
    redeem: (ticket: string, service: string, source?: RequestOrigin) =>
      orRefused(service, source, async () => {
        const fields = codec.decode(ticket);
        if (fields === undefined) return refuse("invalid_ticket", service, undefined, source);
        if (platform.now() >= fields.expiresAt * 1_000) return refuse("expired", service, fields.ref, source);
        if (!Buffer.from(toServiceMark(service)).equals(fields.serviceMark)) {
          const name = nameOf(fields.ticketId);
          await ask(() => store.take("ticket", name));
          quota.give(name);
          return misused(fields.ref, "wrong_service", service, source);
        }
        return consume(fields.ticketId, service, fields, source);
      }),
    issueNumber: (caller: Caller, request: TicketRequest, source?: RequestOrigin) =>
      orUnavailable<IssuedNumber<I> | Denial>(source, async () => {
        const bytes = Buffer.from(platform.random(8));
        const made = await put(caller, request, bytes, source);
        if (made.kind === "denied") return made;
        const { expiresAt, content } = made;
        const { identity, actor } = content;
        const number = bytes.readBigUInt64BE();
        return withSecret({ kind: "issued", expiresAt, identity, actor } as const, { number });
      }),
    redeemNumber: (number: bigint, service: string, source?: RequestOrigin) =>
      orRefused(service, source, async () => {
        const bytes = Buffer.alloc(8);
        bytes.writeBigUInt64BE(BigInt.asUintN(64, number));
        return consume(bytes, service, undefined, source);
      }),
    open: (redeemed: RedeemedTicket<I>, context: OpenContext) => orUnavailable(context, () => open(redeemed, context)),
  });
}

interface Put<I extends Identity> {
  readonly kind: "put";
  /** When the ticket expires, in milliseconds since 1970. */
  readonly expiresAt: number;
  readonly content: SessionContent<I>;
}

/** Rights that were lent end with the session for which they were lent, unless their grant says otherwise. */
function mayDetach({ actor, grant }: SessionContent): boolean {
  return grant === undefined ? actor?.actor === undefined : grant.detached === true;
}

type StillContent = Pick<SessionContent, "identity" | "actor" | "grant">;
