import { Code, ConnectError } from "@connectrpc/connect";
import { type OptionTable, optionFault } from "../../wire/option-fault.js";

/**
 * Checks the options of a factory of the client.
 *
 * @param where the factory, for the message
 * @throws {ConnectError} `InvalidArgument` for an unknown name, with the nearest known one, and for a value of another
 *   kind
 */
export function requireClientOptions(where: string, options: unknown, table: OptionTable): void {
  const fault = optionFault(where, options, table);
  if (fault !== undefined) throw new ConnectError(fault, Code.InvalidArgument);
}
