/** Holds the newest token of one session. Pure: no clock, no I/O. */
export interface TokenHolder {
  /** What to send now; `undefined` before a log-in and after `forget`. */
  readonly token: string | undefined;
  /**
   * A token that came with a response: kept if it is of the held session and of a higher generation. Responses arrive
   * in any order, so the last one to arrive says nothing. A token of another session (the log-in before, somebody
   * else's) is never taken, and nothing is taken after `forget`: a late answer must not undo a log-out.
   *
   * @returns whether it was kept
   */
  offer(token: string): boolean;
  /** The held token, if it is another session's or of a higher generation than `sent`. */
  newerThan(sent: string | undefined): string | undefined;
  /** The token of a log-in: held from now on, whatever was held before. */
  replace(token: string): void;
  forget(): void;
}

/** What a client may read in a session token. It cannot check it, and need not: the server does. */
export interface TokenParts {
  /** Equal for all tokens of one session. Secret, as the token is. */
  readonly session: string;
  /** The number of the token within its session. */
  readonly generation: number;
}

/** Makes an empty holder, or one that starts with a token. */
export function createTokenHolder(first?: string): TokenHolder {
  let held = first;
  return {
    get token() {
      return held;
    },
    offer(token) {
      if (held === undefined || !succeeds(token, held)) return false;
      held = token;
      return true;
    },
    newerThan(sent) {
      if (held === undefined || held === sent) return undefined;
      if (sent === undefined) return held;
      return succeeds(held, sent) || isOther(held, sent) ? held : undefined;
    },
    replace(token) {
      held = token;
    },
    forget() {
      held = undefined;
    },
  };
}

// `sps_` and base64url of 60 bytes: version 1 ‖ key id 2 ‖ session id 16 ‖ generation 4 ‖ issued-at 5 ‖ MAC 32.
const pattern = /^sps_([A-Za-z0-9_-]{32})[A-Za-z0-9_-]{48}$/;

const format = 1;

/** Reads session and generation out of a session token; `undefined` when it is none of format 1. */
export function parseToken(token: string): TokenParts | undefined {
  const head = pattern.exec(token)?.[1];
  if (head === undefined) return undefined;
  const bytes = atob(head.replaceAll("-", "+").replaceAll("_", "/")); // 24 bytes, one per character
  if (bytes.charCodeAt(0) !== format) return undefined;
  let generation = 0;
  for (let at = 19; at < 23; at++) generation = generation * 256 + bytes.charCodeAt(at);
  return { session: bytes.slice(3, 19), generation };
}

function succeeds(token: string, before: string): boolean {
  const a = parseToken(token);
  const b = parseToken(before);
  return a !== undefined && b !== undefined && a.session === b.session && a.generation > b.generation;
}

function isOther(token: string, than: string): boolean {
  return parseToken(token)?.session !== parseToken(than)?.session;
}
