import { ignoreFailure } from "../../../base/awaitable.js";
import type { Platform } from "../../../base/platform.js";
import type { Session } from "../../../model/session.js";
import type { SealedSlots } from "../../../sessions/sealed-slots.js";
import type { Failure } from "../exchange.js";
import { BridgeError } from "./bridge-error.js";
import type { UpstreamClient } from "./upstream-client.js";

/** An upstream's token, and the version under which the store has it. */
export interface UpstreamToken {
  readonly token: string;
  readonly version: number;
}

export interface BridgedSessionParts {
  /** Of the upstream. */
  readonly name: string;
  readonly sealed: SealedSlots;
  readonly client: Pick<UpstreamClient, "logIn" | "keepAlive" | "logOut">;
  readonly platform: Platform;
  /** How long a token is used before its version is compared with the store's, in milliseconds. */
  readonly maxStalenessMs: number;
  readonly keepAliveMs: number;
  /** Those that have work to stop when the process, or its configuration, does. */
  readonly live: Set<{ stop(): void }>;
  /** Whether that has happened: what was under way begins no work then. */
  readonly isClosed: () => boolean;
}

/** Longer than a log-in may take: a node that died in it is replaced after this time. */
export const leaseMs = 15_000;

/** How long a call waits while another one, here or on another node, logs in. */
const patienceMs = 20_000;

/** How often it looks. */
const pollMs = 100;

/** So many calls of a session may wait: a client must not fill the memory with what waits for an upstream that is slow. */
export const maxWaiting = 1_024;

/**
 * The session at an upstream that belongs to one session of ours, as this node knows it. The store has its token for all
 * nodes: a new token is written before it is used, and an old one is compared with the store's after `maxStalenessMs`.
 */
export class BridgedSession {
  readonly #session: Session;
  readonly #parts: BridgedSessionParts;
  #current: UpstreamToken | undefined;
  #freshUntil = 0;
  /** The search for a token: calls that come meanwhile share it. */
  #finding: Promise<UpstreamToken> | undefined;
  /** How many share it. */
  #waiting = 0;
  #isWriting = false;
  /** The version that the upstream took although it had refused a call with it: what it refused was the call. */
  #proven = 0;
  #cancelKeepAlive: (() => void) | undefined;
  #forget: (() => void) | undefined;

  constructor(session: Session, parts: BridgedSessionParts) {
    this.#session = session;
    this.#parts = parts;
  }

  /**
   * Returns the token, without a promise while it is remembered and fresh. Rejects with `BridgeError` or `AuthError`, and throws
   * `BridgeError` when too many wait.
   *
   * @param client takes the place of a log-in; see `Shares.send`
   */
  find(client?: string | undefined): UpstreamToken | Promise<UpstreamToken> {
    const current = this.#current;
    if (current !== undefined && this.#parts.platform.monotonic() < this.#freshUntil) return current;
    return this.#share(() => this.#load(client));
  }

  /** Returns the token to try again with, after the upstream refused a call with this one. */
  renew(refused: UpstreamToken, client?: string | undefined): UpstreamToken | Promise<UpstreamToken> {
    if (this.#current !== undefined && this.#current.version !== refused.version) return this.find(client);
    return this.#share(() => this.#renew(refused, client));
  }

  /** Whether the upstream has taken this token after it had refused a call with it. */
  isProven({ version }: UpstreamToken): boolean {
    return this.#proven === version;
  }

  /**
   * Follows a rotation: writes the token that came in an answer, and uses it once that is done.
   *
   * @param used the token of the call. Of an answer that comes after a later rotation the token counts no more
   */
  follow(used: UpstreamToken, token: string | undefined): void {
    const isNewer = token !== undefined && token !== used.token && this.#current?.version === used.version;
    if (isNewer && !this.#isWriting) ignoreFailure(() => this.#write(used, token));
  }

  async #write(used: UpstreamToken, token: string): Promise<void> {
    this.#isWriting = true;
    const { sealed, name, platform } = this.#parts;
    const askedAt = platform.monotonic();
    try {
      const isWritten = await sealed.swap(this.#session, name, used.version, token, 0);
      if (this.#current?.version !== used.version) return;
      if (isWritten) this.#remember({ token, version: used.version + 1 }, askedAt);
      else this.#freshUntil = 0;
    } finally {
      this.#isWriting = false;
    }
  }

  /** Ends the work of this process for it, and leaves the session at the upstream alone. */
  stop(): void {
    this.#cancelKeepAlive?.();
    this.#forget?.();
    this.#parts.live.delete(this);
  }

  #share(find: () => Promise<UpstreamToken>): Promise<UpstreamToken> {
    if (this.#waiting >= maxWaiting) throw new BridgeError(tooMany);
    this.#waiting += 1;
    if (this.#finding !== undefined) return this.#finding;
    const finding = find().finally(() => {
      this.#finding = undefined;
      this.#waiting = 0;
    });
    this.#finding = finding;
    return finding;
  }

  async #load(client: string | undefined): Promise<UpstreamToken> {
    const { sealed, name, platform } = this.#parts;
    const giveUpAt = platform.monotonic() + patienceMs;
    while (platform.monotonic() < giveUpAt) {
      const askedAt = platform.monotonic();
      const found = await sealed.load(this.#session, name);
      if (found === undefined || found.isOver) throw new BridgeError(over);
      const { content: token, version } = found;
      if (token !== undefined) return this.#remember({ token, version }, askedAt);
      // Another call logs in, here or on another node, unless its process has ended.
      if (found.leaseMs > 0) await this.#pause(Math.min(found.leaseMs, pollMs));
      else if (await sealed.swap(this.#session, name, version, undefined, leaseMs)) {
        const opened = await this.#logIn(version + 1, client);
        if (opened !== undefined) return opened;
      }
    }
    throw new BridgeError(busy);
  }

  /** Logs in under the lease. `undefined`: it was lost meanwhile. */
  async #logIn(version: number, client: string | undefined): Promise<UpstreamToken | undefined> {
    const { sealed, name, client: upstream, platform } = this.#parts;
    let token: string;
    try {
      token = await upstream.logIn(client);
    } catch (error) {
      ignoreFailure(() => sealed.swap(this.#session, name, version, undefined, 0));
      throw error;
    }
    const askedAt = platform.monotonic();
    let isWritten = false;
    try {
      isWritten = await sealed.swap(this.#session, name, version, token, 0);
    } finally {
      // No node will use it.
      if (!isWritten) upstream.logOut(token);
    }
    return isWritten ? this.#remember({ token, version: version + 1 }, askedAt) : undefined;
  }

  async #renew(refused: UpstreamToken, client: string | undefined): Promise<UpstreamToken> {
    const { sealed, name, client: upstream } = this.#parts;
    const found = await sealed.load(this.#session, name);
    if (found === undefined || found.isOver) throw new BridgeError(over);
    if (found.version !== refused.version || found.content !== refused.token) return this.#load(client);
    // The upstream may have refused the call for what it asked: a log-in would throw away what the session has there.
    const answer = await upstream.keepAlive(refused.token, client);
    if (answer.verdict === "failed") throw new BridgeError(answer.failure);
    if (answer.verdict === "done") {
      const { token = refused.token } = answer;
      // The upstream may take the old one no more.
      if (token !== refused.token && !this.#isWriting) await this.#write(refused, token);
      const current = this.#current ?? refused;
      this.#proven = current.version;
      return current;
    }
    // Another node may have been first: then this one finds its lease, or its token.
    const isMine = await sealed.swap(this.#session, name, refused.version, undefined, leaseMs);
    return (isMine ? await this.#logIn(refused.version + 1, client) : undefined) ?? this.#load(client);
  }

  #remember(token: UpstreamToken, askedAt: number): UpstreamToken {
    this.#current = token;
    this.#freshUntil = askedAt + this.#parts.maxStalenessMs;
    if (this.#forget === undefined && !this.#parts.isClosed()) {
      this.#parts.live.add(this);
      this.#keepAliveLater();
      this.#forget = this.#session.onEnd(() => this.#end());
    }
    return token;
  }

  #keepAliveLater(): void {
    const { platform, keepAliveMs, client } = this.#parts;
    this.#cancelKeepAlive = platform.delay(keepAliveMs, () => {
      ignoreFailure(async () => {
        const used = await this.find();
        const { token } = await client.keepAlive(used.token);
        this.follow(used, token);
      });
      this.#keepAliveLater();
    });
  }

  #end(): void {
    this.stop();
    const { sealed, name, client, platform } = this.#parts;
    const own = platform.monotonic() < this.#freshUntil ? this.#current?.token : undefined;
    this.#current = undefined;
    ignoreFailure(async () => {
      // Not with a token that another node may have replaced: an upstream may take that for theft.
      const found = await sealed.load(this.#session, name);
      const token = found === undefined ? own : found.content;
      if (token !== undefined) client.logOut(token);
    });
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#parts.platform.delay(ms, resolve, true));
  }
}

const over: Failure = Object.freeze({
  reason: "upstream_unavailable",
  code: "session_over",
  detail: "the caller's session ended before the call was sent",
});

const busy: Failure = Object.freeze({
  reason: "upstream_unavailable",
  code: "log_in_under_way",
  detail: `another call was logging in to the upstream for ${patienceMs} ms`,
});

const tooMany: Failure = Object.freeze({
  reason: "upstream_unavailable",
  code: "too_many_waiting",
  detail: `${maxWaiting} requests of this session wait for its log-in at the upstream already`,
});
