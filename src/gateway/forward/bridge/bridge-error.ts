import type { Failure } from "../exchange.js";

/** Why a call has no token of its upstream. */
export class BridgeError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.detail ?? failure.code);
    this.failure = failure;
  }
}
