import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { chooseUnread, shortestReadMs } from "../../../src/gateway/forward/unread.js";

interface Client {
  readonly name: string;
  readonly held: number;
  readonly isFull?: boolean;
}

/** Streams by their names, with the client that holds each and how long it has not been read. */
type Streams = Readonly<Record<string, readonly [client: Client, unreadMs: number]>>;

function choose(streams: Streams, waiting: readonly Client[]): readonly string[] {
  const readers = Object.entries(streams).map(([name, [client, ms]]) => ({
    name,
    client,
    stream: { unreadMs: () => ms, end: () => {} },
  }));
  const shares = { rankOf: ({ held }: Client) => held, mayTake: ({ isFull }: Client) => isFull !== true };
  return [...chooseUnread(readers, waiting, shares)].map((held) => (held as (typeof readers)[number]).name);
}

const late = shortestReadMs;
const [many, some, none] = [
  { name: "many", held: 10 },
  { name: "some", held: 2 },
  { name: "none", held: 0 },
];

describe("a stream that is not read gives way", () => {
  it("when its caller has taken nothing for the shortest time, and no sooner", () => {
    assert.deepEqual(choose({ a: [many, late - 1] }, [none]), []);
    assert.deepEqual(choose({ a: [many, late] }, [none]), ["a"]);
  });

  it("only when a client waits", () => {
    assert.deepEqual(choose({ a: [many, late] }, []), []);
  });

  it("to a client that holds fewer places than its own, and not to one that holds as many or more", () => {
    assert.deepEqual(choose({ a: [some, late] }, [many]), []);
    assert.deepEqual(choose({ a: [some, late] }, [{ name: "other", held: 2 }]), []);
    assert.deepEqual(choose({ a: [some, late], b: [many, late] }, [{ name: "other", held: 5 }]), ["b"]);
  });

  it("to its own client", () => {
    assert.deepEqual(choose({ a: [many, late] }, [many]), ["a"]);
    assert.deepEqual(choose({ a: [many, late] }, [{ ...many }]), [], "another one that holds as many");
  });

  it("to no client that has all that it may have", () => {
    const full = { name: "full", held: 1, isFull: true };
    assert.deepEqual(choose({ a: [many, late], b: [full, late] }, [full]), ["b"]);
  });

  it("the longest unread first, one for each client that waits", () => {
    const streams: Streams = { a: [many, late], b: [many, late + 2], c: [many, late + 1] };
    assert.deepEqual(choose(streams, [none]), ["b"]);
    assert.deepEqual(choose(streams, [none, { ...none }]), ["b", "c"]);
  });

  it("until its client holds no more than the one that waits", () => {
    const streams: Streams = { a: [some, late + 1], b: [some, late] };
    assert.deepEqual(choose(streams, [none, { ...none }, { ...none }]), ["a", "b"]);
    assert.deepEqual(
      choose(streams, [
        { name: "one", held: 1 },
        { ...some, held: 1 },
      ]),
      ["a"],
    );
  });

  it("not sooner for a flood of those that wait: a client with one place keeps it against all who have one", () => {
    const flood = Array.from({ length: 100 }, (_, index) => ({ name: `flood ${index}`, held: 1 }));
    assert.deepEqual(choose({ a: [{ name: "honest", held: 1 }, 10 * late] }, flood), []);
  });
});
