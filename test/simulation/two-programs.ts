import { type Bearer, createBearer } from "../../src/client/bearer/bearer.js";
import { parseToken } from "../../src/client/bearer/token-holder.js";
import type { Peer } from "../../src/model/request.js";
import { password } from "./holders.js";
import type { Network } from "./network.js";
import type { Random } from "./random.js";
import type { Answer } from "./servers.js";
import type { VirtualTime } from "./virtual-time.js";

/** A program that sends its password with the first call of a connection, and now and then later. */
export interface Program {
  /** A token of a session in which it was let in before. */
  readonly token: string | undefined;
  /** Sessions whose tokens it was given. */
  readonly sessions: ReadonlySet<string>;
  readonly loggedOut: string | undefined;
  readonly requests: number;
  stop(): void;
}

export interface ProgramOptions {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly network: Network;
  readonly rotateAfterMs: number;
}

export function createProgram({ time, random, network, rotateAfterMs }: ProgramOptions): Program {
  const sessions = new Set<string>();
  let bearer: Bearer | undefined;
  let peer: Peer = connect();
  let usesPassword = true;
  /** The session in which a token was accepted: until then it may be lost, since the password is there. */
  let claimed: string | undefined;
  let loggedOut: string | undefined;
  let requests = 0;
  let stopped = false;

  function connect(): Peer {
    return { address: "192.0.2.7", trusted: false };
  }

  function present(): void {
    requests += 1;
    if (bearer === undefined || usesPassword || random.chance(0.1)) {
      usesPassword = false;
      network.send({ authorization: password, peer }, adopt);
      return;
    }
    const held = bearer;
    const call = held.call();
    const attempt = () => {
      const sent = call.token ?? "";
      network.send({ authorization: `Bearer ${sent}`, peer }, (answer) => {
        call.learn(answer.authorization);
        if (answer.allowed) {
          if (held === bearer) claimed = parseToken(sent)?.session;
          return;
        }
        if (answer.reason === "unavailable") return;
        if (answer.reason !== "superseded") drop(held, sent, answer.reason);
        time.settled();
        void call.again(answer.reason).then((repeat) => repeat && attempt());
      });
    };
    attempt();
  }

  /** The offered session replaces the one before, which is left to its idle limit. */
  function adopt({ authorization }: Answer): void {
    const token = authorization?.slice("Bearer ".length);
    if (token === undefined) return;
    sessions.add(parseToken(token)?.session ?? "");
    bearer = createBearer({ token });
    claimed = undefined;
  }

  function drop(held: Bearer, sent: string, reason: string | null): void {
    if (held !== bearer) return;
    if (parseToken(sent)?.session === claimed) loggedOut ??= reason ?? "";
    bearer = undefined;
  }

  function work(): void {
    if (stopped) return;
    present();
    if (random.chance(0.3)) time.after(random.between(1, 100), present);
    time.after(random.gap(rotateAfterMs / 8), work);
  }

  function reconnect(): void {
    peer = connect();
    usesPassword = true;
    time.after(random.gap(8 * rotateAfterMs), reconnect);
  }

  work();
  time.after(random.gap(8 * rotateAfterMs), reconnect);

  return {
    get token() {
      const token = bearer?.token;
      return token !== undefined && parseToken(token)?.session === claimed ? token : undefined;
    },
    sessions,
    get loggedOut() {
      return loggedOut;
    },
    get requests() {
      return requests;
    },
    stop() {
      stopped = true;
    },
  };
}
