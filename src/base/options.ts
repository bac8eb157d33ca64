import { type OptionRow, type OptionTable, optionFault, valueFault } from "../wire/option-fault.js";
import { AuthError } from "./errors.js";

export type { OptionKinds } from "../wire/option-fault.js";

/**
 * Checks the options of a factory by the table that stands beside their type.
 *
 * @param where the factory, for the message
 * @throws {AuthError} `invalid_options` for an unknown name, with the nearest known one, and for a value of another kind
 */
export function requireOptions(where: string, options: unknown, table: OptionTable): void {
  refuse(optionFault(where, options, table));
}

/**
 * Checks one argument of a factory.
 *
 * @throws {AuthError} `invalid_options` for a value of another kind
 */
export function requireArgument(where: string, name: string, value: unknown, row: OptionRow): void {
  refuse(valueFault(where, name, value, row));
}

function refuse(fault: string | undefined): void {
  if (fault !== undefined) throw new AuthError("invalid_options", fault);
}
