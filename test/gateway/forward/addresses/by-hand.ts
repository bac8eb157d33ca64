import type { BreakerState } from "../../../../src/base/breaker.js";
import type { Address } from "../../../../src/gateway/forward/addresses/address.js";
import { createAddressForwarder } from "../../../../src/gateway/forward/addresses/forwarder.js";
import { AddressHealth } from "../../../../src/gateway/forward/addresses/health.js";
import type {
  BodySoFar,
  Exchange,
  Failure,
  Forwarder,
  UpstreamSide,
} from "../../../../src/gateway/forward/exchange.js";
import { createWorld } from "../../../world.js";
import { RecordingExchange } from "../recording-exchange.js";

/** An exchange at an address, whose fate the test decides. */
export interface Sent {
  readonly exchange: Exchange;
  readonly free: () => void;
  /** What of a body it has been given. */
  readonly chunks: string[];
  isComplete: boolean;
  /** It takes no more for now. */
  isFull?: boolean;
  /** The code with which its caller has left. */
  abandoned?: number;
  /** What it tells of the body when it is asked. */
  soFar: BodySoFar | undefined;
}

export interface ByHand {
  readonly forwarder: Forwarder;
  readonly addresses: readonly (Address & { readonly sent: Sent[]; places: number })[];
  readonly breaker: { state: BreakerState };
  readonly platform: ReturnType<typeof createWorld>["platform"];
  advance(ms: number): void;
  /** Sends one, and returns it with how often its place became free. */
  send(exchange?: RecordingExchange): RecordingExchange & { frees: number };
  /** The address fails the exchange that it got last, and frees its place. */
  fail(index: number, lost?: Failure["lost"]): void;
  answer(index: number): void;
  /** How many each has at this time. */
  busy(): number[];
}

/** The forwarder to addresses that do nothing by themselves. */
export function createByHand(count: number): ByHand {
  const { platform, advance } = createWorld();
  const breaker: { state: BreakerState } = { state: "closed" };
  const addresses: (Address & { sent: Sent[]; places: number })[] = [];
  for (let index = 0; index < count; index += 1) {
    const health = new AddressHealth({
      ...{ what: `address ${index}`, platform, isChecked: false, onWarning: () => {}, onBack: () => {} },
      hasOther: () => addresses.some((other) => other.health !== health && other.health.isIn),
    });
    const sent: Sent[] = [];
    const send = (exchange: Exchange, free: () => void): void => {
      const one: Sent = { exchange, free, chunks: [], isComplete: false, soFar: undefined };
      sent.push(one);
      exchange.attach(sideOf(one));
    };
    const close = async (): Promise<void> => {};
    const address = { where: `a${index}:80`, health, busy: 0, sent, places: 10 };
    const forwarder: Forwarder = {
      send,
      close,
      destroy: close,
      get places() {
        return address.places;
      },
    };
    addresses.push(Object.assign(address, { forwarder }));
  }
  const forwarder = createAddressForwarder(addresses, platform, breaker);
  const last = (index: number): Sent => addresses[index]?.sent.at(-1) as Sent;
  return {
    ...{ forwarder, addresses, breaker, platform, advance },
    send(exchange = new RecordingExchange()) {
      const counting = Object.assign(exchange, { frees: 0 });
      forwarder.send(exchange, () => {
        counting.frees += 1;
      });
      return counting;
    },
    fail(index, lost) {
      const { exchange, free } = last(index);
      exchange.fail({ reason: "upstream_failed", code: "lost", ...(lost && { lost }) });
      free();
    },
    answer(index) {
      const { exchange, free } = last(index);
      exchange.head(204, [], true);
      free();
    },
    busy: () => addresses.map(({ busy }) => busy),
  };
}

function sideOf(sent: Sent): UpstreamSide {
  return {
    lendsChunks: false,
    bodyData(chunk) {
      sent.chunks.push(Buffer.from(chunk).toString());
      return sent.isFull !== true;
    },
    bodyEnd() {
      sent.isComplete = true;
    },
    drained() {},
    abandoned(errorCode) {
      sent.abandoned = errorCode;
    },
    bodySoFar: () => sent.soFar,
  };
}
