import assert from "node:assert/strict";
import type { NewSession, Reading, SessionChange, SessionRow, Store } from "../../model/store.js";
import { sessionDeadline } from "../../sessions/rotation.js";
import { memory } from "../../stores/memory/memory.js";
import { longRules, nthRef, type StoreTest, type SuiteContext, shortRules } from "./context.js";

const steps = 2_000;

const subjects = ["ada", "grace", "lin"];

const realms = ["example", "other"];

const caps = { claimed: 4, unclaimed: 3 };

/** The environment variable to set to repeat a failed run. */
const seedVariable = "SALLYPORT_SEED";

/** Runs one command and returns its outcome as text, without the parts in which stores may differ. */
type Command = (store: Store) => Promise<string>;

/** Declares the test that random commands have the same outcomes on the memory store and on the store under test. */
export function testStoreRandomly(test: StoreTest): void {
  test("the same commands with the same seed have the same outcomes as on memory", async (context) => {
    const seed = Number(
      process.env[seedVariable] ?? context.platform.random(4).reduce((all, byte) => all * 256 + byte),
    );
    console.log(`${seedVariable}=${seed}`);
    const model = memory({ platform: context.platform });
    const draw = createDraw(seed);
    const makeCommand = createCommands(context, draw);
    for (let step = 0; step < steps; step++) {
      if (context.clock === "platform") await context.wait(draw(4) === 0 ? draw(100) : 0);
      const { name, run } = await makeCommand(model);
      const expected = await run(model);
      assert.equal(await run(context.store), expected, `step ${step} of ${seedVariable}=${seed}: ${name}`);
    }
    await model.close();
  });
}

function createCommands({ clock, platform }: SuiteContext, draw: (below: number) => number) {
  const own = clock === "own";
  // With a store's own clock, no session expires during the run, and instants are not compared.
  const rules = own ? longRules : shortRules;
  let opened = 0;
  /** The last reading of each session in each store, so that stale ones are used too. */
  const held = new Map<Store, Map<string, Reading>>();
  const heldBy = (store: Store): Map<string, Reading> => {
    const readings = held.get(store) ?? new Map<string, Reading>();
    held.set(store, readings);
    return readings;
  };
  const toText = (reading: Reading | undefined): string => {
    // A store may remove an expired session before a purge, and a revoked one at the absolute limit.
    if (reading === undefined || isGone(reading.row, reading.now)) return "none";
    return JSON.stringify(own ? withoutInstants(reading.row) : reading.row);
  };
  const pick = <T>(items: readonly T[]): T => items[draw(items.length)] as T;
  const pickRealm = (): string => realms[Number(draw(4) === 0)] as string;
  const pickRef = (): string => nthRef(Math.max(1, opened - draw(30)));

  const makers: Record<string, (ref: string) => Command> = {
    open() {
      opened += 1;
      const subject = pick(subjects);
      const session: NewSession = {
        ref: draw(20) === 0 ? pickRef() : nthRef(opened),
        realm: pickRealm(),
        subject,
        actor: draw(4) === 0 ? pick(subjects) : null,
        identity: JSON.stringify({ subject, roles: [String(draw(3))] }),
        scheme: pick(["basic", "apikey"]),
        rules,
        keyId: draw(5),
        claimed: draw(2) === 0,
        loginMs: own ? 60_000 : draw(2) * draw(200),
      };
      return async (store) => {
        // When the ref of a removed session is used again, an older reading is of another session.
        heldBy(store).delete(session.ref);
        try {
          return toText(await store.openSession(session, caps, draw(2) === 0));
        } catch {
          return "refused";
        }
      };
    },
    load: (ref) => async (store) => {
      const reading = await store.loadSession(ref);
      if (reading !== undefined) heldBy(store).set(ref, reading);
      return toText(reading);
    },
    swap(ref) {
      const fields: SessionChange[] = [
        { generation: draw(9) + 1, keyId: draw(5), confirmedAt: null },
        { confirmedAt: platform.now(), claimed: true },
        { previousConfirmedAt: platform.now(), touchedAt: platform.now() },
        draw(4) === 0 ? { revokedAt: platform.now(), revokedReason: "reuse" } : {},
      ];
      const change = { ...pick(fields), ...pick(fields) };
      const stale = draw(3) === 0;
      return async (store) => {
        const fresh = await store.loadSession(ref);
        const old = heldBy(store).get(ref);
        // Real time passes, so an old reading is a fair test only if its version makes it stale.
        const useOld = stale && old !== undefined && (!own || old.row.version !== fresh?.row.version);
        const reading = useOld ? old : fresh;
        return reading === undefined ? "none" : toText(await store.swapSession(reading, change, false));
      };
    },
    end: (ref) => async (store) => String(await store.endSession(ref, "logout")),
    endSubject() {
      const subject = pick(subjects);
      const realm = pickRealm();
      const skip = draw(5) !== 0;
      return async (store) => String(skip || (await store.endSubject(subject, "disabled", realm)));
    },
    list() {
      const subject = draw(2) === 0 ? {} : { subject: pick(subjects) };
      const after = draw(2) === 0 ? {} : { after: pickRef() };
      const limit = 1 + draw(8);
      const realm = pickRealm();
      return async (store) =>
        (await store.listSessions({ realm, ...subject, ...after, limit })).map(({ ref }) => ref).join();
    },
    loadState: (ref) => async (store) => JSON.stringify(await store.loadState(ref)) ?? "none",
    swapState(ref) {
      const version = draw(3);
      const json = String(draw(1_000));
      return async (store) => String(await store.swapState(ref, version, json));
    },
    loadSealed(ref) {
      const name = pick(["a", "b"]);
      return async (store) => {
        const found = await store.loadSealed(ref, name);
        return found === undefined ? "none" : `${found.version} ${found.content} ${own || found.leaseMs}`;
      };
    },
    swapSealed(ref) {
      const name = pick(["a", "b"]);
      const version = draw(3);
      const content = draw(3) === 0 ? undefined : String(draw(1_000));
      const leaseMs = draw(2) * draw(300);
      return async (store) => String(await store.swapSealed(ref, name, version, content, leaseMs));
    },
    put() {
      const id = `p${draw(8)}`;
      const json = String(draw(1_000));
      const lifeMs = own ? 60_000 : draw(300) + 1;
      return async (store) => String(await store.put("ticket", id, json, lifeMs));
    },
    take() {
      const id = `p${draw(8)}`;
      return async (store) => String(await store.take("ticket", id));
    },
    loadRecord() {
      const id = `r${draw(4)}`;
      return async (store) => {
        const { version, json } = await store.loadRecord("account-budget", id);
        return `${version} ${json}`;
      };
    },
    swapRecord() {
      const id = `r${draw(4)}`;
      const json = String(draw(1_000));
      const lifeMs = own ? 60_000 : draw(300) + 1;
      const stale = draw(3);
      return async (store) => {
        const { version } = await store.loadRecord("account-budget", id);
        return String(await store.swapRecord("account-budget", id, Math.max(0, version - stale), json, lifeMs));
      };
    },
    // The number depends on what a store removed by itself.
    purge: () => async (store) => String((await store.purge(1_000)) >= 0),
  };

  return async (model: Store): Promise<{ name: string; run: Command }> => {
    const name = pick(Object.keys(makers));
    const ref = pickRef();
    const known = await model.loadSession(ref);
    // The contract does not define operations on a session that is over but not removed, so it is only loaded.
    const gone = known !== undefined && isGone(known.row, known.now);
    const safe =
      gone && ["swap", "end", "loadState", "swapState", "loadSealed", "swapSealed"].includes(name) ? "load" : name;
    return { name: `${safe} ${ref}`, run: (makers[safe] as (ref: string) => Command)(ref) };
  };
}

function isGone(row: SessionRow, now: number): boolean {
  return now >= (row.revokedAt === null ? sessionDeadline(row) : row.createdAt + row.rules.absoluteMs);
}

function withoutInstants(row: SessionRow): object {
  const entries = Object.entries(row).map(([name, value]) => [name, name.endsWith("At") ? value !== null : value]);
  return Object.fromEntries(entries);
}

/** Makes a function that draws whole numbers below a bound, the same for the same seed (mulberry32). */
function createDraw(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}
