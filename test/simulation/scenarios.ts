import { type BoundTo, bearerOf, createHolder, type Holder } from "./holders.js";
import { type CreateFollower, createHonestClient, evenGap, type HonestClient } from "./honest-client.js";
import type { Strategy } from "./thieves.js";
import { createProgram } from "./two-programs.js";
import { createSimulatedWorld, type SimulatedWorld } from "./world.js";

/** What one run of an honest row came to. */
export interface HonestResult {
  readonly loggedOut: string | undefined;
  readonly requests: number;
  readonly rotations: number;
}

export interface HonestScenario {
  readonly workers: number;
  readonly sleeps: boolean;
  readonly createFollower?: CreateFollower;
  /** Otherwise what the late ones are measured by. */
  readonly stragglerMs?: number;
  readonly boundTo?: BoundTo;
}

/** Of time awake, in units of `rotateAfterMs`. */
const span = 25;

/** A client that follows the protocol, in a world where everything fails now and then. */
export async function runHonest(seed: number, scenario: HonestScenario): Promise<HonestResult> {
  const { workers, sleeps, createFollower, stragglerMs, boundTo } = scenario;
  const world = createSimulatedWorld(seed, { stragglerMs });
  const { time, random, rules } = world;
  const { rotateAfterMs, idleMs } = rules;
  const holder = createHolder(boundTo);
  const client = await startClient(world, workers, holder, createFollower);
  let endAt = time.now + span * rotateAfterMs;
  let awakeAt = time.now;
  world.startFaults(span * rotateAfterMs, true);
  startCrashes(world, client);
  // Use is written down once per rotateAfterMs. Three minutes are for requests that are lost after the sleep.
  const longestPauseMs = idleMs - rotateAfterMs - 180_000;

  while (time.now < endAt && client.loggedOut === undefined) {
    await time.runUntil(Math.max(awakeAt, time.now) + random.between(rotateAfterMs, 6 * rotateAfterMs));
    if (!sleeps) continue;
    const sleepMs = random.between(1_000, Math.max(1_000, client.usedAt + longestPauseMs - time.now));
    awakeAt = time.now + sleepMs;
    endAt += sleepMs;
    client.sleep(sleepMs);
  }
  return finish(world, client, holder);
}

/** How often a client makes a request. */
export interface Pace {
  /** In the time of `rotateAfterMs`. */
  readonly calls: number;
  /** Evenly, and not at random. */
  readonly isEven: boolean;
}

const calm: Pace = { calls: 10, isEven: false };

export async function startClient(
  world: SimulatedWorld,
  workers: number,
  holder: Holder,
  createFollower?: CreateFollower,
  { calls, isEven }: Pace = calm,
): Promise<HonestClient> {
  const { time, random, network, rules, servers } = world;
  return createHonestClient({
    time,
    random,
    network,
    workers,
    gapMs: rules.rotateAfterMs / calls,
    isEven,
    holder,
    token: await servers.logIn(holder),
    ...(createFollower && { createFollower }),
  });
}

function startCrashes({ time, random, rules }: SimulatedWorld, client: HonestClient): void {
  const next = () =>
    time.after(random.gap((span / 3) * rules.rotateAfterMs), () => {
      client.crash(random.between(100, 30_000));
      next();
    });
  next();
}

/** Two programs with one password, each on connections of its own. */
export async function runTwoPrograms(seed: number): Promise<HonestResult> {
  const world = createSimulatedWorld(seed);
  const { time, rules, counts } = world;
  const programs = [createProgram({ ...world, ...rules }), createProgram({ ...world, ...rules })] as const;
  const endAt = time.now + span * rules.rotateAfterMs;
  world.startFaults(span * rules.rotateAfterMs, true);
  let loggedOut: string | undefined;
  while (time.now < endAt && loggedOut === undefined) {
    await time.runUntil(time.now + rules.rotateAfterMs);
    loggedOut = programs[0].loggedOut ?? programs[1].loggedOut;
  }
  for (const program of programs) program.stop();
  world.stopFaults();
  for (const session of programs[0].sessions) if (programs[1].sessions.has(session)) loggedOut = "shared session";
  for (const { token } of programs) {
    if (token !== undefined) loggedOut ??= await whoIsStuck(world, token, createHolder(undefined));
  }
  return { loggedOut, requests: programs[0].requests + programs[1].requests, rotations: counts.rotated ?? 0 };
}

/** Whoever was not refused must still be known everywhere: a client that is stuck has been logged out too. */
async function finish(world: SimulatedWorld, client: HonestClient, holder: Holder): Promise<HonestResult> {
  const { counts } = world;
  client.stop();
  world.stopFaults();
  const { token, requests, loggedOut } = client;
  const found = loggedOut?.reason ?? (await whoIsStuck(world, token, holder));
  return { loggedOut: found, requests, rotations: counts.rotated ?? 0 };
}

export async function whoIsStuck(world: SimulatedWorld, token: string, holder: Holder): Promise<string | undefined> {
  const { time, rules } = world;
  await time.runUntil(time.now + rules.overlapMs + rules.stragglerMs + 10_000);
  const refused = (await world.askAll(() => holder.present(token), holder.learn)).find(
    (answer) => answer?.allowed !== true,
  );
  if ((world.counts.reuse ?? 0) > 0) return "reuse";
  return refused && `stuck: ${refused.reason}`;
}

/** What one run of a theft came to. */
export interface TheftResult {
  /** The alarm was raised, and every token that anybody held is dead on every node within `maxStalenessMs`. */
  readonly found: boolean;
  /** From the theft to its detection, in units of `rotateAfterMs`. */
  readonly afterRotations: number | undefined;
  /** A token of the thief is good at the end. */
  readonly thiefIsIn: boolean;
  readonly requests: number;
}

export interface TheftScenario {
  readonly strategy: Strategy;
  /** How long the thief is watched, in units of `rotateAfterMs`. */
  readonly theftSpan?: number;
  readonly storeLosesWrites?: boolean;
  /** Of the victim, and of a thief that goes at the same pace. */
  readonly pace?: Pace;
  /** Of the victim. Default: 1, 2 or 8. */
  readonly workers?: number;
}

/** A thief, and a victim who is at work. */
export async function runTheft(seed: number, scenario: TheftScenario): Promise<TheftResult> {
  const { strategy, theftSpan = span, storeLosesWrites = true, pace = calm } = scenario;
  const world = createSimulatedWorld(seed);
  const { time, random, rules, fastNetwork } = world;
  const { rotateAfterMs } = rules;
  const workers = scenario.workers ?? random.pick([1, 2, 8]);
  const victim = await startClient(world, workers, createHolder(undefined), undefined, pace);
  world.startFaults(theftSpan * rotateAfterMs, storeLosesWrites);
  await time.runUntil(time.now + random.between(rotateAfterMs, 6 * rotateAfterMs));
  const stolenAt = time.now;
  const gapMs = rotateAfterMs / pace.calls;
  const nextMs = () => (pace.isEven ? evenGap(random, gapMs) : random.gap(gapMs));
  const steal = () => victim.held.at(-1) ?? "";
  const thief = strategy({ ...rules, time, random, network: fastNetwork, steal, nextMs });
  const endAt = time.now + theftSpan * rotateAfterMs;
  while (time.now < endAt && world.reuseAt === undefined) await time.runUntil(time.now + rotateAfterMs / 2);

  thief.stop();
  victim.stop();
  world.stopFaults();
  const { token } = thief;
  const { reuseAt } = world;
  await time.runUntil(time.now + 10_000);
  const thiefIsIn =
    token !== undefined && (await world.askAll(() => bearerOf(token))).some((answer) => answer?.allowed);
  const tokens = [...victim.held.slice(-3), ...(token === undefined ? [] : [token])];
  let dead = true;
  for (const each of tokens) {
    for (const answer of await world.askAll(() => bearerOf(each))) dead &&= answer?.reason === "revoked";
  }
  return {
    found: reuseAt !== undefined && (world.counts.reuse ?? 0) > 0 && dead && !world.outlivedReuse,
    afterRotations: reuseAt === undefined ? undefined : (reuseAt - stolenAt) / rotateAfterMs,
    thiefIsIn,
    requests: victim.requests,
  };
}
