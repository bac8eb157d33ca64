import { readBlock } from "../read-block.js";
import { list, text } from "../schema.js";
import { type Section, section } from "./section.js";

/** The trusted proxies. A block of all addresses would let every client forge its address. */
export const trustedProxiesSection: Section<readonly string[]> = section(
  list(
    text("an address block, such as 10.0.0.0/8", "A CIDR block."),
    "a list of address blocks, such as [10.0.0.0/8]",
    "Proxies in front, whose `X-Forwarded-*` count. Default: none. Blocks larger than a private network are refused.",
  ),
  (raw = [], path, context) =>
    Object.freeze(raw.flatMap((block, index) => readBlock(block, [...path, index], context, "name your proxies"))),
);
