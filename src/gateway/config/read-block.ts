import { parseAddressBlock } from "../../base/ip-address.js";
import type { ConfigPath } from "./document.js";
import type { ReadContext } from "./read-context.js";

/**
 * Reads an address block, such as `10.0.0.0/8`. An address alone is a block of one.
 *
 * @param remedy what the operator should do instead of naming a block that is too large
 * @returns the block, or an empty list after its fault was reported
 */
export function readBlock(
  block: string | undefined,
  path: ConfigPath,
  context: ReadContext,
  remedy: string,
): readonly string[] {
  if (block === undefined) return [];
  const parsed = parseAddressBlock(block, remedy);
  if (!("fault" in parsed)) return [block];
  context.report(path, parsed.fault);
  return [];
}
