import type { UpstreamSide } from "./exchange.js";

/** The upstream's side of an exchange that has not been sent yet. Its body has not been asked for. */
export function notSent(abandoned: () => void): UpstreamSide {
  return { lendsChunks: false, bodyData: () => false, bodyEnd: nothing, drained: nothing, abandoned };
}

function nothing(): void {}
