import { createBearer } from "../../src/client/bearer/bearer.js";
import { parseToken } from "../../src/client/bearer/token-holder.js";
import { bearerOf } from "./holders.js";
import type { Network } from "./network.js";
import type { Random } from "./random.js";
import type { VirtualTime } from "./virtual-time.js";

/** Somebody who copies tokens of a session that is in use. */
export interface Thief {
  /** The best token in the thief's hands; `undefined` when the thief has given up. */
  readonly token: string | undefined;
  stop(): void;
}

export interface ThiefOptions {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly network: Network;
  /** A copy of the token that the victim holds now. */
  readonly steal: () => string;
  readonly rotateAfterMs: number;
  readonly overlapMs: number;
  /** The time between two requests of a thief that goes at the pace of the victim. */
  readonly nextMs: () => number;
}

export type Strategy = (options: ThiefOptions) => Thief;

/** Calls `step` again and again, after as many milliseconds as it returns, until it returns `undefined`. */
function repeat(time: VirtualTime, firstMs: number, step: () => number | undefined): () => void {
  let stopped = false;
  const next = (ms: number) =>
    time.after(ms, () => {
      const then = stopped ? undefined : step();
      if (then !== undefined) next(then);
    });
  next(firstMs);
  return () => {
    stopped = true;
  };
}

/** Follows rotation as the shipped client does, at intervals of its own. */
function follower({ time, network, steal }: ThiefOptions, nextMs: (token: string) => number) {
  const bearer = createBearer({ token: steal() });
  const stop = repeat(time, 1, () => {
    const call = bearer.call();
    if (call.token === undefined) return undefined; // revoked: the shipped client forgets it
    const attempt = () =>
      network.send(bearerOf(call.token ?? ""), (answer) => {
        call.learn(answer.authorization);
        if (answer.allowed) return;
        time.settled();
        void call.again(answer.reason).then((repeated) => repeated && attempt());
      });
    attempt();
    return nextMs(call.token);
  });
  return {
    get token() {
      return bearer.token;
    },
    stop,
  };
}

/** Uses the copy at once, as a second client that follows rotation, about as often as the victim does. */
export const followsAtOnce: Strategy = (options) => follower(options, options.nextMs);

/** Keeps the copy until the victim has moved on for certain, and tries it then. */
export const waitsForVictim: Strategy = ({ time, random, network, steal, rotateAfterMs }) => {
  const token = steal();
  const stop = repeat(time, random.between(1.5 * rotateAfterMs, 8 * rotateAfterMs), () => {
    network.send(bearerOf(token), () => {});
    return random.gap(rotateAfterMs / 3);
  });
  return { token, stop };
};

/** Knows when the turn is near, and asks many times a second to be the first to get the next token and to use it. */
export const racesTheTurn: Strategy = (options) =>
  follower(options, (token) => Math.max(untilTurn(options, token), options.rotateAfterMs / 200));

/** Steals again and again, and presents whatever was stolen so far, in any order. */
export const replaysLoot: Strategy = ({ time, random, network, steal, rotateAfterMs }) => {
  const loot = [steal()];
  const stopStealing = repeat(time, random.gap(1.5 * rotateAfterMs), () => {
    loot.push(steal());
    return random.gap(1.5 * rotateAfterMs);
  });
  const stopReplaying = repeat(time, random.gap(rotateAfterMs / 2), () => {
    network.send(bearerOf(random.pick(loot)), () => {});
    return random.gap(rotateAfterMs / 2);
  });
  return {
    get token() {
      return loot.at(-1);
    },
    stop() {
      stopStealing();
      stopReplaying();
    },
  };
};

/** Presents the victim's newest token again and again: the best that there is where a token alone is not enough. */
export const keepsStealing: Strategy = ({ time, random, network, steal, rotateAfterMs }) => {
  const stop = repeat(time, 1, () => {
    network.send(bearerOf(steal()), () => {});
    return random.gap(rotateAfterMs / 10);
  });
  return { token: undefined, stop };
};

/**
 * Lets the victim go first: keeps presenting the old token, around the turn often enough to be given the next one too,
 * until an answer brings none although it would if the next one were unconfirmed. Then the victim has confirmed it, and the
 * thief moves on to it. Answers that were slow or out of order say nothing, and a refusal is never followed by a second try
 * of the same token.
 */
export const isPatient: Strategy = (options) => patient(options, true);

/** As patient, but takes nothing less than a refusal for a sign that the victim has moved on. */
export const isMostPatient: Strategy = (options) => patient(options, false);

function patient(options: ThiefOptions, movesOnWithoutRefusal: boolean): Thief {
  const { time, network, steal, rotateAfterMs, overlapMs } = options;
  let held: string | undefined = steal();
  let next: string | undefined;
  let nextSince = 0;

  function moveOn(): void {
    held = next;
    next = undefined;
  }

  const stop = repeat(time, 1, () => {
    const sent = held;
    if (sent === undefined) return undefined;
    const sentAt = time.now;
    network.send(bearerOf(sent), (answer) => {
      if (sent !== held || answer.reason === "unavailable") return;
      if (!answer.allowed) return moveOn();
      const offered = answer.authorization?.slice("Bearer ".length);
      if (offered === undefined) {
        // Sooner no answer brings one, since the first may still be on its way.
        const inOrder = sentAt > nextSince + overlapMs && time.now - sentAt < 1_000;
        if (next !== undefined && inOrder && movesOnWithoutRefusal) moveOn();
        return;
      }
      if (next === undefined) nextSince = time.now;
      next = offered;
    });
    return next === undefined ? Math.max(untilTurn(options, sent), rotateAfterMs / 150) : overlapMs / 4;
  });
  return {
    get token() {
      return next ?? held;
    },
    stop,
  };
}

/** How long the next turn cannot happen yet: the jitter takes a quarter at most, and a token says when it was issued. */
function untilTurn({ time, rotateAfterMs }: ThiefOptions, token: string): number {
  return issuedAt(token) + 0.74 * rotateAfterMs - time.now;
}

function issuedAt(token: string): number {
  if (parseToken(token) === undefined) throw new Error("no session token");
  return Buffer.from(token.slice("sps_".length), "base64url").readUIntBE(23, 5) * 1000;
}
