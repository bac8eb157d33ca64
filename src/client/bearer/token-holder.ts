import { hide } from "./hide.js";

/** Holds the newest token of one session. Pure: no clock, no I/O. */
export interface TokenHolder {
  /** The token to send; `undefined` before a log-in and after `forget`. */
  readonly token: string | undefined;
  /**
   * Takes a token from a response if it belongs to the held session and has a higher generation. Responses arrive in
   * any order, so the last to arrive need not have the newest token. A token of another session (an earlier log-in,
   * another user's) is never taken, nor any token after `forget`: a late response must not undo a log-out.
   *
   * @returns whether the token was taken
   */
  offer(token: string): boolean;
  /** Returns the held token, if it belongs to another session than `sent` or has a higher generation. */
  newerThan(sent: string | undefined): string | undefined;
  /** Holds the token of a log-in, in place of any other. */
  replace(token: string): void;
  forget(): void;
}

/** The parts of a session token that a client may read. It cannot verify them, which the server does. */
export interface TokenParts {
  /** The id of the session, equal for all of its tokens. It is secret, as the token is. */
  readonly session: string;
  /** The number of the token within its session. */
  readonly generation: number;
}

/** Makes a holder of no token, or of `first`. */
export function createTokenHolder(first?: string): TokenHolder {
  let held = first;
  const holder: TokenHolder = {
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
  return hide(holder, "token");
}

// `sps_` and base64url of 60 bytes: version 1 ‖ key id 2 ‖ session id 16 ‖ generation 4 ‖ issued-at 5 ‖ MAC 32.
const pattern = /^sps_([A-Za-z0-9_-]{32})[A-Za-z0-9_-]{48}$/;

const format = 1;

/** Reads session and generation of a session token; `undefined` for text that is no token of format 1. */
export function parseToken(token: string): TokenParts | undefined {
  const head = pattern.exec(token)?.[1];
  if (head === undefined) return undefined;
  const bytes = atob(head.replaceAll("-", "+").replaceAll("_", "/")); // 24 bytes, one per character
  if (bytes.charCodeAt(0) !== format) return undefined;
  let generation = 0;
  for (let at = 19; at < 23; at++) generation = generation * 256 + bytes.charCodeAt(at);
  return hide({ session: bytes.slice(3, 19), generation }, "session");
}

function succeeds(token: string, before: string): boolean {
  const a = parseToken(token);
  const b = parseToken(before);
  return a !== undefined && b !== undefined && a.session === b.session && a.generation > b.generation;
}

function isOther(token: string, than: string): boolean {
  return parseToken(token)?.session !== parseToken(than)?.session;
}
