import type { Duplex } from "node:stream";
import type { BodySoFar, Exchange, Failure, ForwardedRequest, UpstreamSide } from "../exchange.js";
import type { Address } from "./address.js";

/** What chooses among the addresses of an upstream. */
export interface AddressChooser {
  readonly now: () => number;
  /**
   * Chooses the address for an exchange that those in `tried` have not begun with.
   *
   * @returns `undefined` when there is none, or none with room
   */
  choose(tried: readonly Address[]): Choice | undefined;
}

export interface Choice {
  readonly address: Address;
  /** It is out, and this exchange finds out whether it is back. */
  readonly isTrial: boolean;
}

/**
 * An exchange with one of the addresses of an upstream. When that one has not begun with the request, the next one gets it; from a
 * body what was taken so far, if it is still there.
 */
export class AddressedExchange implements Exchange {
  readonly request: ForwardedRequest;
  readonly #exchange: Exchange;
  readonly #chooser: AddressChooser;
  readonly #onFree: () => void;
  readonly #tried: Address[] = [];
  #choice: Choice;
  #begunAt: number;
  #next: Choice | undefined;
  #side: UpstreamSide | undefined;
  /** The address has asked for the body. */
  #isReading = false;
  /** Of the body, to be sent again. */
  #soFar: BodySoFar | undefined;
  #hasAnswer = false;

  constructor(exchange: Exchange, choice: Choice, chooser: AddressChooser, onFree: () => void) {
    this.request = exchange.request;
    this.#exchange = exchange;
    this.#choice = choice;
    this.#chooser = chooser;
    this.#onFree = onFree;
    this.#begunAt = chooser.now();
    this.#send();
  }

  get isOver(): boolean {
    return this.#exchange.isOver;
  }

  #send(): void {
    const { address } = this.#choice;
    this.#tried.push(address);
    address.busy += 1;
    address.forwarder.send(this, this.#freed);
  }

  readonly #freed = (): void => {
    this.#choice.address.busy -= 1;
    const next = this.#next;
    if (next === undefined) {
      this.#onFree();
      return;
    }
    this.#next = undefined;
    this.#choice = next;
    this.#begunAt = this.#chooser.now();
    this.#send();
  };

  attach(side: UpstreamSide): void {
    this.#side = side;
    this.#exchange.attach(this.#soFar === undefined ? side : this.#between(this.#soFar, side));
  }

  /** What comes of a body that is under way before the next address asks for it, which may have no connection yet. */
  #between({ chunks, isComplete }: BodySoFar, side: UpstreamSide): UpstreamSide {
    const soFar = { chunks: [...chunks], isComplete };
    this.#soFar = soFar;
    return {
      lendsChunks: side.lendsChunks,
      bodyData(chunk) {
        soFar.chunks.push(chunk);
        return false;
      },
      bodyEnd() {
        soFar.isComplete = true;
      },
      drained: () => side.drained(),
      abandoned: (errorCode) => side.abandoned(errorCode),
    };
  }

  readBody(): void {
    const soFar = this.#soFar;
    this.#isReading = true;
    if (soFar === undefined) {
      this.#exchange.readBody();
      return;
    }
    this.#soFar = undefined;
    if (this.#side !== undefined) this.#exchange.attach(this.#side);
    let goesOn = true;
    for (const chunk of soFar.chunks) goesOn = this.#side?.bodyData(chunk) !== false;
    if (soFar.isComplete) this.#side?.bodyEnd();
    else if (goesOn) this.#exchange.resumeBody();
  }

  resumeBody(): void {
    this.#exchange.resumeBody();
  }

  stopBody(): void {
    this.#exchange.stopBody();
  }

  hint(headers: readonly string[]): void {
    this.#answered();
    this.#exchange.hint(headers);
  }

  head(status: number, headers: readonly string[], isLast: boolean): boolean {
    this.#answered();
    return this.#exchange.head(status, headers, isLast);
  }

  data(chunk: Uint8Array, isLast: boolean): boolean {
    return this.#exchange.data(chunk, isLast);
  }

  end(trailers: readonly string[]): void {
    this.#exchange.end(trailers);
  }

  tunnel(headers: readonly string[], stream: Duplex): void {
    this.#answered();
    this.#exchange.tunnel(headers, stream);
  }

  fail(failure: Failure): void {
    if (!this.#movesOn(failure)) this.#exchange.fail(failure);
  }

  reset(errorCode: number, failure: Failure): void {
    if (!this.#movesOn(failure)) this.#exchange.reset(errorCode, failure);
  }

  #answered(): void {
    if (this.#hasAnswer) return;
    this.#hasAnswer = true;
    this.#choice.address.health.answered(this.#choice.isTrial);
  }

  /** Returns whether another address gets the request, as soon as the place at this one is free. */
  #movesOn({ lost }: Failure): boolean {
    if (this.#hasAnswer || lost === undefined) return false;
    if (lost === "before_answer") {
      this.#choice.address.health.brokeOff(this.#begunAt);
      return false;
    }
    // One that has read nothing leaves what was to be sent again.
    const soFar = this.#isReading ? this.#side?.bodySoFar?.() : this.#soFar;
    if (this.#isReading && soFar === undefined) return false;
    this.#next = this.#chooser.choose(this.#tried);
    if (this.#next === undefined) return false;
    this.#soFar = soFar;
    this.#isReading = false;
    return true;
  }
}
