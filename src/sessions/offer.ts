import type { Offer } from "../decision.js";
import { withSecret } from "../with-secret.js";

export function createOffer({ token, scheme, usable, setCookie }: Offer): Offer {
  return withSecret({ scheme, usable }, { token, setCookie });
}
