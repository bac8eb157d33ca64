import { after, quietly } from "../base/awaitable.js";
import type { Platform } from "../base/platform.js";
import { correlationIdOf } from "../credentials/correlation-id.js";
import type { AuthEvent, Emit, EventOrigin, OnEvent, Recording } from "../model/events.js";
import type { EventSource } from "../model/request.js";
import { type AuditOptions, createAudit } from "../policies/audit/audit.js";

export interface TellOptions {
  readonly platform: Platform;
  readonly onEvent: OnEvent;
  readonly audit: AuditOptions | undefined;
}

export interface Tell {
  readonly emit: Emit;
  readonly record: Recording;
  close(): Promise<void>;
}

/** The one place through which every event of the engine goes, to its observer and into the audit. */
export function createTell({ platform, onEvent, audit }: TellOptions): Tell {
  const show = (event: AuthEvent, origin: EventOrigin) => quietly(() => onEvent(event, origin));
  const written = audit && createAudit(audit, platform, (event) => show(event, { at: platform.now() }));

  return {
    emit(event, source) {
      const origin = toOrigin(source, platform);
      show(event, origin);
      // `emit` is for what may happen unrecorded.
      if (written !== undefined) quietly(() => written.record(event, origin));
    },
    record(event, source) {
      const origin = toOrigin(source, platform);
      return after(written?.record(event, origin), () => show(event, origin));
    },
    close: async () => written?.close(),
  };
}

/** Looked up when something is told, so that a request of which nothing is told pays nothing. */
function toOrigin(source: EventSource | undefined, platform: Platform): EventOrigin {
  const at = platform.now();
  if (source === undefined) return { at };
  const { peer, rawHeaders } = source;
  // Behind a proxy that we trust, from whom that says.
  const address = peer?.trusted && rawHeaders ? peer.clientOf?.(rawHeaders) : peer?.address;
  const correlationId = source.correlationId ?? (rawHeaders && correlationIdOf(rawHeaders, platform));
  return { at, address: address || peer?.address || undefined, correlationId };
}
