import type { AddressInfo } from "node:net";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Random } from "../simulation/random.js";

/** What a chunk of bytes meets on its way. */
type Fate = "pass" | "wait" | "late" | "cut" | "lose" | "stall";

/** A relay in front of the gateways, as bad as networks are. */
export interface Relay {
  readonly origin: string;
  /** How often each fate was met by a chunk, and connections were refused. */
  readonly counts: { readonly [fate in Fate | "refused"]: number };
  /** Goes on without any fault. Connections that have met one are closed. */
  calmDown(): void;
  close(): void;
}

export interface RelayOptions {
  readonly random: Random;
  /** The ports of the gateways that may be up. */
  readonly ports: () => readonly number[];
  /** The longest that a request may be late. */
  readonly lateMs: number;
}

/** In a thousand chunks. The rest passes. */
const odds: readonly (readonly [Fate, number])[] = [
  ["wait", 80],
  ["lose", 15],
  ["cut", 8],
  ["stall", 4],
  ["late", 5],
];

/** A usual delay. */
const waitMs = 400;

/** How long the far end of a connection is kept that only seems to be there. */
const halfOpenMs = 8_000;

/**
 * Starts a relay on a port of its own. Each connection goes to one of the gateways, whether that is up or not. A chunk
 * - `wait`s for a moment, or comes as `late` as a request may;
 * - is `cut`: it is dropped with its connection;
 * - is `lose`d, if it is a part of an answer: the gateway has done its work, and the client learns nothing of it. A request
 *   that meets this fate passes, and the next answer of its connection is lost;
 * - `stall`s: nothing more passes in one direction or both, and neither end is told (half-open).
 */
export async function startRelay({ random, ports, lateMs }: RelayOptions): Promise<Relay> {
  const counts = { pass: 0, wait: 0, late: 0, cut: 0, lose: 0, stall: 0, refused: 0 };
  const open = new Set<Socket>();
  const troubled = new Set<Socket>();
  let isCalm = false;

  function fateOf(isAnswer: boolean): Fate {
    if (isCalm) return "pass";
    let roll = random.between(0, 999);
    for (const [fate, odd] of odds) {
      roll -= odd;
      if (roll < 0) return fate === "late" && isAnswer ? "wait" : fate;
    }
    return "pass";
  }

  function track(socket: Socket): Socket {
    open.add(socket);
    return socket.on("error", () => {}).on("close", () => void open.delete(socket));
  }

  const server: Server = createServer({ allowHalfOpen: false }, (client) => {
    track(client);
    const port = ports().length === 0 ? undefined : random.pick(ports());
    if (port === undefined || (!isCalm && random.chance(0.02))) {
      counts.refused += 1;
      client.destroy();
      return;
    }
    const gateway = track(connect(port, "127.0.0.1"));
    for (const socket of [client, gateway]) socket.setNoDelay(true);
    let losesAnswer = false;
    const end = (): void => {
      client.destroy();
      gateway.destroy();
    };

    function pass(from: Socket, to: Socket, isAnswer: boolean): void {
      let isStalled = false;
      from.on("data", (chunk: Buffer) => {
        if (isStalled) return;
        const fate = isAnswer && losesAnswer && !isCalm ? "cut" : fateOf(isAnswer);
        counts[fate] += 1;
        if (fate !== "pass") for (const socket of [client, gateway]) troubled.add(socket);
        if (fate === "cut" || (fate === "lose" && isAnswer)) return end();
        if (fate === "lose") losesAnswer = true;
        if (fate === "stall") {
          isStalled = true;
          return;
        }
        if (fate !== "wait" && fate !== "late") return void to.write(chunk);
        from.pause();
        setTimeout(
          () => {
            to.write(chunk);
            from.resume();
          },
          fate === "wait" ? random.between(1, waitMs) : random.between(waitMs, lateMs),
        );
      });
      // What was sent before the end still arrives; the end of a connection that stalls is not told at once.
      from.on("close", () => setTimeout(() => to.destroy(), isStalled ? halfOpenMs : lateMs).unref());
      from.on("end", () => !isStalled && to.end());
    }
    pass(client, gateway, false);
    pass(gateway, client, true);
    gateway.on("error", () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts,
    calmDown() {
      isCalm = true;
      for (const socket of troubled) socket.destroy();
    },
    close() {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}
