import { createBlockTest } from "../../../base/ip-address.js";
import type { RouteConfig } from "../../route/route-config.js";
import type { ConfigPath } from "../document.js";
import { readBlock } from "../read-block.js";
import { itemsOf, type ReadContext } from "../read-context.js";
import { condition, list, mapOf, type RawList, type RawMap, type Schema, text } from "../schema.js";

/** Any name that JSON can give a member, but one that objects have by themselves. */
const claimName: Schema = { pattern: "^(?!__proto__$).+$", title: "the name of a claim" };

const claims: Schema<RawMap<RawList<string>>> = mapOf(
  condition(
    list(
      text("a value", "A value."),
      "a list of values, such as [acme]",
      "The claim must be one of these, or a list with one of them.",
    ),
  ),
  claimName,
  "an object with a list of values for each claim, such as { org: [acme] }",
  "What the caller's identity must say, of all claims named here: members of what the handler returned, such as claims of a " +
    "JWT. Numbers and booleans are compared as text.",
);

const networks: Schema<RawList<string>> = condition(
  list(
    text("an address block, such as 10.0.0.0/8", "A CIDR block."),
    "a list of address blocks, such as [10.0.0.0/8]",
    "The caller's address must be in one of these, whatever its credentials. Behind a trusted proxy it is the client's that the " +
      "proxy names; a client without a name is refused. Default: any.",
  ),
);

/** The conditions of a route that are about claims and addresses. */
export const conditionOptions: { readonly claims: typeof claims; readonly networks: typeof networks } = {
  claims,
  networks,
};

interface RawConditions {
  readonly claims?: RawMap<RawList<string>>;
  readonly networks?: RawList<string>;
}

/** Whether a route wants claims, which no anonymous caller has. */
export function namesClaims(route: RawConditions): boolean {
  return route.claims !== undefined;
}

/** Reads the conditions of a route. */
export function readConditions(
  { claims: wanted, networks: blocks }: RawConditions,
  at: ConfigPath,
  context: ReadContext,
): Pick<RouteConfig, "claims" | "takesAddress"> {
  return {
    claims: wanted && new Map(Object.entries(wanted).map(([name, values]) => [name, itemsOf(values)])),
    takesAddress: blocks && readNetworks(blocks, [...at, "networks"], context),
  };
}

function readNetworks(raw: RawList<string>, path: ConfigPath, context: ReadContext): RouteConfig["takesAddress"] {
  const blocks = raw.flatMap((block, index) => readBlock(block, [...path, index], context, "leave networks out"));
  return createBlockTest("networks", blocks);
}
