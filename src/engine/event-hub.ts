import { adopt, after, ignoreFailure } from "../base/awaitable.js";
import { toErrorDetail } from "../base/errors.js";
import type { Platform } from "../base/platform.js";
import { emitWarning } from "../base/warn.js";
import { correlationIdOf } from "../credentials/correlation-id.js";
import type { AuthEvent, Emit, EventOrigin, OnEvent, Recording } from "../model/events.js";
import type { RequestOrigin } from "../model/request.js";
import { type AuditOptions, createAudit } from "../policies/audit/audit.js";

export interface EventHubOptions {
  readonly platform: Platform;
  readonly onEvent: OnEvent;
  readonly audit: AuditOptions | undefined;
}

export interface EventHub {
  readonly emit: Emit;
  readonly record: Recording;
  close(): Promise<void>;
}

/** Makes the hub that passes every event of the engine to the observer and the audit. */
export function createEventHub({ platform, onEvent, audit }: EventHubOptions): EventHub {
  let warned = false;
  const warnOnce = (error: unknown): void => {
    if (warned) return;
    warned = true;
    emitWarning(`onEvent failed, and is not reported again: ${toErrorDetail(error)}`);
  };
  /** What the observer throws or rejects with must neither change a decision nor end the process. */
  const show = (event: AuthEvent, origin: EventOrigin): void => {
    try {
      const answer = adopt(onEvent(event, origin) as unknown);
      if (answer instanceof Promise) answer.catch(warnOnce);
    } catch (error) {
      warnOnce(error);
    }
  };
  const written = audit && createAudit(audit, platform, (event) => show(event, { at: platform.now() }));

  return {
    emit(event, source) {
      const origin = toOrigin(source, platform);
      show(event, origin);
      // `emit` is for what may happen unrecorded.
      if (written !== undefined) ignoreFailure(() => written.record(event, origin));
    },
    record(event, source) {
      const origin = toOrigin(source, platform);
      return after(written?.record(event, origin), () => show(event, origin));
    },
    close: async () => written?.close(),
  };
}

/** Returns the origin of an event. It is computed per event, so that a request without events costs nothing. */
function toOrigin(source: RequestOrigin | undefined, platform: Platform): EventOrigin {
  const at = platform.now();
  if (source === undefined) return { at };
  const { peer, rawHeaders } = source;
  let address = peer?.address;
  try {
    // Behind a trusted proxy, the client's address as the proxy says.
    if (peer?.trusted && rawHeaders) address = peer.clientOf?.(rawHeaders);
  } catch {
    // `trustProxy` of the application threw, which is reported; the connection's address is what is known.
  }
  const correlationId = source.correlationId ?? (rawHeaders && correlationIdOf(rawHeaders, platform));
  return { at, address: address || peer?.address || undefined, correlationId };
}
