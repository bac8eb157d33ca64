import { type Bearer, type BearerCall, createBearer } from "../../src/client/bearer/bearer.js";
import type { Holder, Sent } from "./holders.js";
import type { Network } from "./network.js";
import type { Random } from "./random.js";
import type { Answer } from "./servers.js";
import type { VirtualTime } from "./virtual-time.js";

/** Reasons that throw the user out: everything else is tried again. */
const logOutReasons: ReadonlySet<string | null> = new Set(["revoked", "expired", "invalid_token", "no_credentials"]);

/** What a process needs of the shipped client. A control may put something worse in its place. */
export type Follower = Pick<Bearer, "token"> & { call(): Pick<BearerCall, "token" | "learn" | "again"> };
export type CreateFollower = (token: string, onToken: (token: string) => void, key?: Bearer["key"]) => Follower;

export const shipped: CreateFollower = (token, onToken, key) => createBearer({ token, onToken, key });

/** A program whose workers share one token holder. */
export interface HonestClient {
  readonly token: string;
  /** Why it was logged out, and when; `undefined` while it was not. */
  readonly loggedOut: { readonly reason: string; readonly at: number } | undefined;
  /** When the last request was composed that was let in: the idle limit counts from then or later. */
  readonly usedAt: number;
  /** Requests composed so far. */
  readonly requests: number;
  /** Every token that it ever held: what a thief can steal, and what must be dead in the end. */
  readonly held: readonly string[];
  /** The last requests that were let in, with their proofs: what a thief on the wire can copy. */
  readonly used: readonly Sent[];
  /** The process dies, and starts again with the token it wrote down last. */
  crash(downMs: number): void;
  /** The lid is closed: nothing is sent, and what arrives is lost or lies in a buffer. */
  sleep(ms: number): void;
  stop(): void;
}

export interface HonestClientOptions {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly network: Network;
  readonly token: string;
  readonly holder: Holder;
  readonly workers: number;
  /** The mean time between two requests of all workers together. */
  readonly gapMs: number;
  /** Requests come evenly, within a hundredth of `gapMs`, and not at random. Default: at random. */
  readonly isEven?: boolean;
  readonly createFollower?: CreateFollower;
}

const requestTimeoutMs = 30_000;
const maxUsed = 20;

/** A gap of requests that come evenly. */
export const evenGap = (random: Random, meanMs: number): number =>
  random.between(Math.round(0.99 * meanMs), Math.round(1.01 * meanMs));

export function createHonestClient(options: HonestClientOptions): HonestClient {
  const { time, random, network, holder, workers, gapMs, isEven, createFollower = shipped } = options;
  const held: string[] = [options.token];
  let follower = createFollower(options.token, keep, holder.key);
  const used: Sent[] = [];
  let process = 1; // a number for each start; what was sent by an earlier one is nobody's business any more
  let awakeAt = time.now;
  let busy = 0;
  let requests = 0;
  let usedAt = time.now;
  let stopped = false;
  let loggedOut: HonestClient["loggedOut"];

  /** Written down before the next request can use it. */
  function keep(token: string): void {
    held.push(token);
  }

  function whenAwake(by: number, then: () => void): void {
    if (by !== process || stopped) return;
    if (time.now < awakeAt) time.after(awakeAt - time.now + random.gap(20), () => whenAwake(by, then));
    else then();
  }

  function startWorker(by: number): void {
    whenAwake(by, () => {
      if (busy >= workers) return;
      busy += 1;
      requests += 1;
      const call = follower.call();
      const composedAt = time.now;
      let settled = false;

      const finish = () => {
        if (settled || by !== process) return;
        settled = true;
        busy -= 1;
        if (random.chance(0.3)) time.after(random.between(5, 200), () => startWorker(by));
      };
      const attempt = () => {
        if (by !== process || stopped) return;
        const sent = holder.present(call.token ?? "");
        network.send(sent, (answer) => {
          if (answer.allowed) used.push(sent);
          if (used.length > maxUsed) used.shift();
          if (time.now < awakeAt && random.chance(0.5)) return;
          whenAwake(by, () => read(answer));
        });
      };
      const read = (answer: Answer) => {
        call.learn(answer.authorization, answer.nonce);
        if (answer.allowed) usedAt = Math.max(usedAt, composedAt);
        if (answer.allowed || answer.reason === "unavailable") return finish();
        if (logOutReasons.has(answer.reason)) loggedOut ??= { reason: answer.reason ?? "", at: time.now };
        time.settled();
        void call.again(answer.reason).then((repeat) => (repeat ? attempt() : finish()));
      };
      attempt();
      time.after(requestTimeoutMs, () => {
        if (settled || by !== process) return;
        finish();
        startWorker(by); // whoever gets no answer tries again
      });
    });
  }

  /** Somebody opens a page, or a timer fires: one request, or one of every worker. */
  function page(by: number): void {
    const burst = workers > 1 && random.chance(0.3);
    for (let worker = 0; worker < (burst ? workers : 1); worker++) startWorker(by);
    const perPage = workers > 1 ? 1 + 0.3 * (workers - 1) : 1;
    const nextMs = gapMs * perPage;
    time.after(isEven ? evenGap(random, nextMs) : random.gap(nextMs), () => whenAwake(by, () => page(by)));
  }

  page(process);

  return {
    get token() {
      return follower.token ?? "";
    },
    get loggedOut() {
      return loggedOut;
    },
    get usedAt() {
      return usedAt;
    },
    get requests() {
      return requests;
    },
    held,
    used,
    crash(downMs) {
      process += 1;
      busy = 0;
      follower = createFollower(held.at(-1) ?? "", keep, holder.key);
      awakeAt = Math.max(awakeAt, time.now + downMs);
      page(process);
    },
    sleep(ms) {
      awakeAt = time.now + ms;
      startWorker(process); // a request that waits for the lid to open
    },
    stop() {
      stopped = true;
    },
  };
}
