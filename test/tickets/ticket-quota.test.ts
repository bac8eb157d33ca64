import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "../../src/testing/random.js";
import { createTicketQuota, ticketQuota } from "../../src/tickets/ticket-quota.js";
import { start } from "../policies/operate-as/operate-as-world.js";
import { createWorld } from "../world.js";

test("the tickets of one account are bounded, in all its sessions; those of others go on, and room comes back", async () => {
  const { auth, opened, callerOf, advance, events } = start([]);
  const callers = [await callerOf((await opened("ada")).token), await callerOf((await opened("ada")).token)];
  const issue = async (caller = callers[0], lifeMs = 300_000) =>
    auth.tickets.issue(caller ?? assert.fail(), { service: "reports", lifeMs });
  const issued: string[] = [];
  let refused = "";
  for (let count = 0; count < 5_000 && refused === ""; count++) {
    const made = await issue(callers[count % 2]);
    if (made.kind === "issued") issued.push(made.ticket);
    else refused = `${made.code} ${made.reason}`;
  }
  assert.equal(refused, "resource_exhausted too_many_tickets");
  assert.equal(issued.length, ticketQuota.ofOwner / 512);
  const { kind, reason, subject } = events.at(-1) as unknown as Record<string, unknown>;
  assert.deepEqual({ kind, reason, subject }, { kind: "refused", reason: "too_many_tickets", subject: "ada" });
  assert.equal((await issue(await callerOf((await opened("bob")).token))).kind, "issued");

  assert.equal((await auth.tickets.redeem(issued[0] ?? "", "reports")).kind, "redeemed", "none is dropped");
  assert.equal((await issue()).kind, "issued", "a redeemed one makes room");
  assert.equal((await issue()).kind, "denied");
  await auth.tickets.redeem(issued[1] ?? "", "another service");
  assert.equal((await issue()).kind, "issued", "one that was consumed at the wrong service does, too");
  advance(310_000);
  assert.equal((await issue()).kind, "issued", "time does, too");
});

test("the tickets of an actor count for the actor, and not for the accounts that they operate as", async () => {
  const { auth, opened, callerOf } = start([{ actors: ["ada"], targets: ["bob"] }]);
  const asBob = await callerOf((await opened("ada", "bob")).token);
  const bob = await callerOf((await opened("bob")).token);
  let count = 0;
  while ((await auth.tickets.issue(asBob, { service: "s" })).kind === "issued") count += 1;
  assert.equal(count, ticketQuota.ofOwner / 512);
  const ada = await callerOf((await opened("ada")).token);
  assert.equal((await auth.tickets.issue(ada, { service: "s" })).kind, "denied");
  assert.equal((await auth.tickets.issue(bob, { service: "s" })).kind, "issued");
});

test("whatever is issued, consumed and expires, what is kept is within both bounds, and nothing is left at the end", () => {
  const { seed, int, pick } = createRandom(process.env.FUZZ_SEED ? Number(process.env.FUZZ_SEED) : undefined);
  console.log(`seed ${seed} (FUZZ_SEED=${seed} repeats it)`);
  const world = createWorld();
  const rule = { ofOwner: 4_096, ofAll: 16_384 };
  const quota = createTicketQuota(world.platform, rule);
  let live: { id: string; owner: string; length: number; until: number }[] = [];
  const sum = (owner?: string) =>
    live.filter((one) => owner === undefined || one.owner === owner).reduce((all, { length }) => all + length, 0);
  const owners = ["a", "b", "c", "d", "e", "f", "g"];
  let refusals = 0;
  for (let step = 0; step < 5_000; step++) {
    const now = world.platform.monotonic();
    if (int(4) > 0) {
      const [owner, length, lifeMs] = [pick(owners), int(3_000), 1_000 + int(60_000)];
      if (quota.take(String(step), owner, length, lifeMs)) {
        live.push({ id: String(step), owner, length: Math.max(512, length), until: now + lifeMs });
      } else refusals += 1;
    } else if (int(2) === 0) {
      const [gone] = live.splice(int(live.length + 1), 1);
      if (gone !== undefined) quota.give(gone.id);
    } else {
      world.advance(int(5_000));
      live = live.filter(({ until }) => until > world.platform.monotonic());
    }
    assert.ok(sum() <= rule.ofAll && owners.every((owner) => sum(owner) <= rule.ofOwner), `step ${step}`);
  }
  assert.ok(refusals > 0);
  world.advance(70_000);
  for (let ticket = 0; ticket < 8; ticket++) assert.ok(quota.take(`last ${ticket}`, "a", 512, 1_000));
  assert.equal(quota.take("one more", "a", 512, 1_000), false, "the bound is exact");
});

test("a ticket of a session's own account does not hold a second copy of it in the store", async () => {
  const big = start([]);
  big.users.set("ada", { subject: "ada", roles: Array.from({ length: 1_000 }, (_, at) => `department ${at}`) });
  const caller = await big.callerOf((await big.opened("ada")).token);
  let count = 0;
  while ((await big.auth.tickets.issue(caller, { service: "s" })).kind === "issued") count += 1;
  assert.equal(count, ticketQuota.ofOwner / 512);
});
