import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type Scalar } from "yaml";
import { type Environment, substitute } from "./secrets.js";

/** A place in the configuration: keys of maps and indexes of lists, from the root. */
export type ConfigPath = readonly (string | number)[];

/** One fault of a configuration: its place, and a message that says what to do. It holds no secret. */
export interface ConfigFault {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Returns a fault as a line: `gate.yaml:12:3: …`. */
export function toFaultText({ file, line, column, message }: ConfigFault): string {
  return `${file}:${line}:${column}: ${message}`;
}

/** Returns a path as text: `routes[0].upstream`. */
export function toPathText(path: ConfigPath): string {
  const text = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join("");
  return text.startsWith(".") ? text.slice(1) : text;
}

/** A configuration file as plain data, with its places. */
export interface ConfigDocument {
  /**
   * Frozen, with variables of the environment filled in. Maps have no prototype, so `constructor` is a key like any
   * other.
   */
  readonly value: unknown;
  readonly faults: readonly ConfigFault[];
  /** Whether the file is no valid YAML, so that `value` is meaningless. */
  readonly broken: boolean;
  /** Makes a fault at the value of this place, or at the nearest place above it that exists. */
  faultAt(path: ConfigPath, message: string): ConfigFault;
  /** Makes a fault at the key of this place. */
  faultAtKey(path: ConfigPath, message: string): ConfigFault;
  /**
   * Returns a value as the file spells it, which is safe to show where the value itself may come from the environment.
   */
  sourceAt(path: ConfigPath): string;
  lineAt(path: ConfigPath): number;
}

/** The messages for the parser's codes. The parser's own messages are not used: they quote the text, maybe a secret. */
const syntaxFaults: ReadonlyMap<string, string> = new Map([
  ["DUPLICATE_KEY", "this key is there already; remove one of the two"],
  ["TAB_AS_INDENT", "a tab is not indentation in YAML; use spaces"],
  ["BAD_INDENT", "the indentation does not fit the lines around it"],
  ["MISSING_CHAR", "a bracket, brace, comma, colon or quote is missing"],
  ["MULTILINE_IMPLICIT_KEY", "a key must be on one line; a quote may be missing"],
  ["BLOCK_AS_IMPLICIT_KEY", "there is a second colon in this line; put the value in quotes, or on a line of its own"],
  ["MULTIPLE_DOCS", "a second document begins here; a configuration is one: remove this line, or what follows"],
  ["NON_STRING_KEY", "a key must be plain text; put it in quotes"],
  ["BAD_DQ_ESCAPE", "\\ has another meaning in double quotes; use single quotes"],
]);

/**
 * Reads YAML 1.2 (core schema) strictly: no duplicate keys, anchors, aliases, merge keys or tags, since each lets a
 * reader see something else than the program.
 *
 * @param file the file's name, for messages
 */
export function readConfigDocument(text: string, file: string, environment: Environment): ConfigDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    uniqueKeys: true,
    strict: true,
    version: "1.2",
    schema: "core",
    merge: false,
    logLevel: "error", // "silent" would drop a second document without a word
  });
  const faults: ConfigFault[] = [];
  const values = new Map<string, Node>();
  const keys = new Map<string, Scalar>();

  function at(offset: number, message: string): ConfigFault {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col, message };
  }
  const atNode = (node: Node | null | undefined, message: string) => at(node?.range?.[0] ?? 0, message);

  const told = new Set<number>();
  for (const error of [...document.errors, ...document.warnings]) {
    const [offset] = error.pos;
    // A quote that is not closed hides the brackets around it.
    if (!told.has(offset)) faults.push(at(offset, toSyntaxFault(error)));
    told.add(offset);
  }
  if (document.directives?.yaml.explicit === true && document.directives.yaml.version !== "1.2") {
    faults.push(at(0, "a configuration is YAML 1.2; remove the line %YAML"));
  }
  const isEmpty = faults.length === 0 && (document.contents === null || isEmptyScalar(document.contents));
  if (isEmpty)
    faults.push(at(0, "the configuration is empty; it needs listen, keys, store, handlers, routes and upstreams"));

  function toValue(node: unknown, path: ConfigPath): unknown {
    if (isAlias(node)) {
      values.set(toKey(path), node);
      faults.push(atNode(node, "aliases are not understood here; write the value out"));
      return null;
    }
    if (isMap(node) || isSeq(node) || isScalar(node)) {
      values.set(toKey(path), node);
      if (node.anchor !== undefined) faults.push(atNode(node, "anchors are not understood here; remove it"));
      if (node.tag !== undefined) faults.push(atNode(node, "tags are not understood here; remove it"));
    }
    if (isMap(node)) {
      const map: Record<string, unknown> = Object.create(null);
      for (const pair of node.items) {
        if (!isScalar(pair.key)) continue; // reported by the parser
        if (pair.key.anchor !== undefined) faults.push(atNode(pair.key, "anchors are not understood here; remove it"));
        if (pair.key.tag !== undefined) faults.push(atNode(pair.key, "tags are not understood here; remove it"));
        const name = String(pair.key.value);
        keys.set(toKey([...path, name]), pair.key);
        map[name] = toValue(pair.value, [...path, name]);
      }
      return Object.freeze(map);
    }
    if (isSeq(node)) return Object.freeze(node.items.map((item, index) => toValue(item, [...path, index])));
    if (!isScalar(node)) return null;
    if (typeof node.value !== "string") return node.value;
    const found = substitute(node.value, environment);
    if ("text" in found) return found.text;
    faults.push(atNode(node, `${toPathText(path)} ${found.fault}`));
    return node.value;
  }

  const value = toValue(document.contents, []);

  function nearest(path: ConfigPath): Node | undefined {
    for (let length = path.length; length >= 0; length--) {
      const key = toKey(path.slice(0, length));
      const node = values.get(key) ?? keys.get(key);
      if (node !== undefined) return node;
    }
    return undefined;
  }

  return {
    value,
    faults,
    broken: isEmpty || [...document.errors, ...document.warnings].some(({ code }) => code !== "DUPLICATE_KEY"),
    faultAt: (path, message) => atNode(nearest(path), message),
    faultAtKey: (path, message) => atNode(keys.get(toKey(path)) ?? nearest(path), message),
    sourceAt(path) {
      const node = values.get(toKey(path));
      return isScalar(node) ? String(node.value) : "";
    },
    lineAt: (path) => atNode(nearest(path), "").line,
  };
}

/**
 * Returns the message for an error of the parser. Its own message tells only which bracket or quote is missing, by texts
 * of the parser that quote nothing.
 */
function toSyntaxFault({ code, message }: { readonly code: string; readonly message: string }): string {
  const end = /must (?:be sufficiently indented and )?end with a ([\]}])$/.exec(message)?.[1];
  if (end !== undefined)
    return `a ${end === "]" ? "[" : "{"} that was opened above is not closed; add the missing ${end}`;
  const quote = /^Missing closing (["'])quote$/.exec(message)?.[1];
  if (quote !== undefined) return `a ${quote} that was opened above is not closed; add the missing ${quote}`;
  return syntaxFaults.get(code) ?? `this is not valid YAML (${code.toLowerCase().replaceAll("_", " ")})`;
}

function isEmptyScalar(node: Node): boolean {
  return isScalar(node) && node.value === null;
}

/** Returns a path as a JSON pointer (RFC 6901), as the validator names places. */
function toKey(path: ConfigPath): string {
  return path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** Parses a JSON pointer. Digits are an index only where the value above is a list. */
export function fromPointer(pointer: string, root: unknown): ConfigPath {
  const path: (string | number)[] = [];
  let value = root;
  for (const part of pointer.split("/").slice(1)) {
    const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
    const step = Array.isArray(value) ? Number(name) : name;
    path.push(step);
    value = (value as Record<string | number, unknown> | undefined)?.[step];
  }
  return path;
}
