import { closest, suggest } from "./closest.js";

/** What an option may be. `strings`: a list of texts. `any`: the factory checks it itself. */
type Kind = "string" | "number" | "boolean" | "function" | "object" | "list" | "strings" | "any";

/** One kind or a choice of two, such as `"boolean|function"`. A `!` at the end: the option is required. */
export type OptionKind = Kind | `${Kind}!` | `${Kind}|${Kind}` | `${Kind}|${Kind}!`;

/** The kind of an option, the texts that it may be, or the options inside it. */
export type OptionRow = OptionKind | readonly string[] | OptionTable;

/**
 * The names and kinds of options. A row `"*"`: the object may have other members too, as a user file has; then only a
 * name that is nearly a known one is refused.
 */
export interface OptionTable {
  readonly [name: string]: OptionRow;
}

/** A table that names each option of `O`: the compiler reports one that is missing. */
export type OptionKinds<O> = { readonly [Name in keyof O]-?: OptionRow } & { readonly "*"?: "any" };

/**
 * Finds what is wrong with options that come from plain JavaScript: a name that does not exist, which would silently
 * leave a guard open, or a value of another kind.
 *
 * @param where the factory, for the message
 * @returns the fault and its remedy, without any value; `undefined` when there is none
 */
export function optionFault(where: string, options: unknown, table: OptionTable, path = ""): string | undefined {
  const found = kindName(options);
  if (found !== "an object") return `${where}: ${path.slice(0, -1) || "the options"} must be an object, not ${found}`;
  const names = Object.keys(table);
  for (const [name, value] of Object.entries(options as Readonly<Record<string, unknown>>)) {
    const row = Object.hasOwn(table, name) ? table[name] : undefined;
    if (row === undefined && (table["*"] === undefined || closest(name, names) !== undefined)) {
      return `${where}: there is no option ${path}${name}${suggest(name, names)}`;
    }
    if (row === undefined) continue;
    const fault = value === undefined ? undefined : valueFault(where, `${path}${name}`, value, row);
    if (fault !== undefined) return fault;
  }
  const given = options as Readonly<Record<string, unknown>>;
  for (const name of names) {
    if (given[name] === undefined || Object.prototype.propertyIsEnumerable.call(given, name)) continue;
    // A copy by `...` would lose it, and with it a guard, or a mapping that refuses callers. A secret is hidden, and kept.
    if (table["*"] === undefined && !Object.hasOwn(given, name)) {
      return `${where}: ${path}${name} is inherited, so a copy would lose it; write it into a plain object`;
    }
    const fault = valueFault(where, `${path}${name}`, given[name], table[name] as OptionRow);
    if (fault !== undefined) return fault;
  }
  const missing = names.find((name) => isRequired(table[name]) && given[name] === undefined);
  return missing === undefined ? undefined : `${where} needs ${path}${missing}, ${wanted(table[missing] as string)}`;
}

/** The same for one value: an option, or an argument of a function. */
export function valueFault(where: string, name: string, value: unknown, row: OptionRow): string | undefined {
  if (typeof row !== "string") {
    if (!isList(row)) return optionFault(where, value, row, `${name}.`);
    if (row.includes(value as string)) return undefined;
    return `${where}: ${name} must be ${row.map((text) => JSON.stringify(text)).join(" or ")}`;
  }
  if (kindsOf(row).some((kind) => kind === "any" || isOf(kind, value))) return undefined;
  const odd =
    Array.isArray(value) && kindsOf(row).includes("strings") ? value.find((item) => typeof item !== "string") : value;
  return `${where}: ${name} must be ${wanted(row)}, not ${odd === value ? "" : "of "}${kindName(odd)}`;
}

const isList = (row: OptionRow): row is readonly string[] => Array.isArray(row);

const isRequired = (row: OptionRow | undefined): boolean => typeof row === "string" && row.endsWith("!");

const kindsOf = (row: string): readonly string[] => row.replace("!", "").split("|");

function isOf(kind: string, value: unknown): boolean {
  if (kind === "strings") return Array.isArray(value) && value.every((item) => typeof item === "string");
  if (kind === "list") return Array.isArray(value);
  return typeof value === kind && value !== null && !Array.isArray(value);
}

const nouns: Readonly<Record<string, string>> = {
  boolean: "true or false",
  list: "a list",
  strings: "a list of texts",
};

const wanted = (row: string): string =>
  kindsOf(row)
    .map((kind) => nouns[kind] ?? withArticle(kind))
    .join(" or ");

/** Names the kind of a value, and never the value, which may be secret: `a number`, `a list`, `null`. */
export function kindName(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return withArticle(Array.isArray(value) ? "list" : typeof value);
}

const withArticle = (kind: string): string =>
  kind === "any" ? "a value" : `${/^[aeiou]/.test(kind) ? "an" : "a"} ${kind}`;
