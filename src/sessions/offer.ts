import type { Offer } from "../decision.js";

/** Not enumerable: whoever logs a decision, or the response that carries its offer, must not log a token. */
export function createOffer({ token, scheme, usable, setCookie }: Offer): Offer {
  return Object.defineProperties({ scheme, usable } as Offer, {
    token: { value: token },
    setCookie: { value: setCookie },
  });
}
