import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Exchange, Failure, Forwarder, UpstreamSide } from "../../../src/gateway/forward/exchange.js";
import { createShares } from "../../../src/gateway/forward/shares.js";
import { turnedClock } from "../listen/listeners-world.js";

/** An upstream of which the test frees the places. */
function createWorld(places: number) {
  const clock = turnedClock();
  const sent: string[] = [];
  const free = new Map<string, (() => void)[]>();
  const forwarder: Forwarder = {
    places,
    send({ request: { path } }, onFree) {
      sent.push(path);
      free.set(path, [...(free.get(path) ?? []), onFree]);
    },
    close: async () => {},
    destroy: async () => {},
  };
  const shares = createShares(forwarder, 5_000, clock.platform);
  const failed: [string, Failure][] = [];
  return {
    clock,
    sent,
    failed,
    shares,
    /** Sends an exchange whose path is the client, and returns what the caller's end of it does. */
    ask(client: string, address: string | null = client): { leave(): void } {
      let side: UpstreamSide | undefined;
      const exchange = {
        request: { path: client },
        attach: (upstream: UpstreamSide) => {
          side = upstream;
        },
        fail: (failure: Failure) => failed.push([client, failure]),
      };
      shares.send(exchange as unknown as Exchange, address ?? undefined);
      return { leave: () => side?.abandoned(8) };
    },
    end(client: string): void {
      const [first, ...rest] = free.get(client) ?? [];
      assert.ok(first, `${client} holds a place`);
      free.set(client, rest);
      first();
    },
    count: (client: string) => sent.filter((one) => one === client).length,
  };
}

const times = (count: number, act: () => unknown): void => {
  for (let index = 0; index < count; index += 1) act();
};

describe("the places of an upstream", () => {
  it("leave an eighth to others while nobody waits, and the only client gets all the rest", () => {
    const { ask, count, shares } = createWorld(16);
    times(30, () => ask("10.0.0.1"));
    assert.deepEqual([count("10.0.0.1"), shares.waiting], [14, 16]);
    ask("10.0.0.2");
    ask("10.0.0.3");
    assert.deepEqual([count("10.0.0.2"), count("10.0.0.3")], [1, 1]);
  });

  it("go to the client that holds fewest of those that wait", () => {
    const { ask, count, end, sent } = createWorld(8);
    times(20, () => ask("10.0.0.1"));
    times(3, () => ask("10.0.0.2"));
    ask("10.0.0.3");
    assert.deepEqual([count("10.0.0.1"), count("10.0.0.2"), count("10.0.0.3")], [7, 1, 0]);
    end("10.0.0.1");
    assert.equal(sent.at(-1), "10.0.0.3");
    end("10.0.0.1");
    end("10.0.0.1");
    assert.deepEqual([count("10.0.0.2"), count("10.0.0.1")], [3, 7]);
    end("10.0.0.1");
    assert.equal(sent.at(-1), "10.0.0.1", "nobody else waits");
  });

  it("may all be held by a trusted proxy that names no client", () => {
    const { ask, count } = createWorld(16);
    times(30, () => ask("proxy", null));
    assert.equal(count("proxy"), 16);
  });

  it("are counted by the /64 of an IPv6 address", () => {
    const { ask, sent } = createWorld(16);
    times(20, () => ask(`2001:db8::${sent.length + 1}`));
    assert.equal(sent.length, 14);
    ask("2001:db8:0:1::1");
    assert.equal(sent.length, 15);
  });

  it("are one at least, however few there are", () => {
    const { ask, end, sent } = createWorld(1);
    ask("10.0.0.1");
    ask("10.0.0.2");
    assert.deepEqual(sent, ["10.0.0.1"]);
    end("10.0.0.1");
    assert.deepEqual(sent, ["10.0.0.1", "10.0.0.2"]);
  });

  it("are not waited for without end, nor for a caller who has left", () => {
    const { ask, end, clock, failed, sent, shares } = createWorld(2);
    ask("10.0.0.1");
    const second = ask("10.0.0.1");
    ask("10.0.0.1");
    second.leave();
    assert.equal(shares.waiting, 1);
    clock.turn(4_999);
    assert.equal(failed.length, 0);
    clock.turn(1);
    assert.deepEqual(
      failed.map(([client, { reason, code }]) => [client, reason, code]),
      [["10.0.0.1", "upstream_unavailable", "no_free_connection"]],
    );
    end("10.0.0.1");
    assert.equal(sent.length, 1);
    ask("10.0.0.1");
    assert.equal(sent.length, 2, "places that came back are there");
  });

  it("are waited for by a bounded number of requests of one client, which takes nothing from the others", () => {
    const { ask, count, end, failed, shares } = createWorld(80);
    times(70 + 1_280, () => ask("10.0.0.1"));
    assert.deepEqual([count("10.0.0.1"), shares.waiting, failed], [70, 1_280, []]);
    ask("10.0.0.1");
    const [[, failure] = []] = failed;
    assert.deepEqual(
      [failure?.reason, failure?.code, shares.waiting],
      ["upstream_unavailable", "too_many_waiting", 1_280],
    );
    times(20, () => ask("10.0.0.2"));
    assert.deepEqual([count("10.0.0.2"), failed.length], [10, 1]);
    end("10.0.0.1");
    assert.equal(count("10.0.0.2"), 11);
    const few = createWorld(1);
    times(1_025, () => few.ask("10.0.0.1"));
    assert.deepEqual([few.shares.waiting, few.failed.length], [1_024, 0]);
  });

  it("are never more than there are, nor lost, whatever comes and goes", () => {
    let seed = Math.floor(Date.now() % 2 ** 31);
    console.log(`seed ${seed}`);
    const random = (most: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((seed / 2 ** 31) * most);
    };
    const { ask, end, sent, clock, shares } = createWorld(12);
    const held = new Map<string, number>();
    const waiting: { leave(): void }[] = [];
    for (let step = 0; step < 5_000; step += 1) {
      const before = sent.length;
      const client = `10.0.0.${random(6)}`;
      const act = random(10);
      if (act < 5) waiting.push(ask(client));
      else if (act < 8 && (held.get(client) ?? 0) > 0) {
        held.set(client, (held.get(client) ?? 0) - 1);
        end(client);
      } else if (act === 8) clock.turn(random(2_000));
      else waiting.splice(random(waiting.length), 1)[0]?.leave();
      for (const one of sent.slice(before)) held.set(one, (held.get(one) ?? 0) + 1);
      const used = [...held.values()].reduce((sum, count) => sum + count, 0);
      assert.ok(used <= 12, `${used} places at step ${step}`);
      for (const [name, count] of held) assert.ok(count <= 10, `${name} holds ${count}`);
    }
    clock.turn(10_000);
    assert.equal(shares.waiting, 0);
  });
});
