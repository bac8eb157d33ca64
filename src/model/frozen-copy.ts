/** Deep enough for any claim; a cycle passes it, and is refused. */
const maxDepth = 64;

/**
 * Returns a value that nothing can change: itself when it is frozen throughout, else a frozen copy. Plain objects and
 * arrays are copied, dates, maps and sets cloned for this caller alone; an instance of another class stays as it is,
 * since no copy of it would have its private members.
 *
 * @throws {TypeError} for a value that contains itself
 */
export function toFrozen<T>(value: T): T {
  return isFrozenDeeply(value, 0) ? value : (copy(value, 0) as T);
}

/** The usual answer of a handler is small, so this look costs less than a copy. */
function isFrozenDeeply(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (depth > maxDepth) throw new TypeError("an identity contains itself, or is nested too deeply");
  if (!isPlain(value)) return !isCloned(value);
  if (!Object.isFrozen(value)) return false;
  for (const key of Object.keys(value)) if (!isFrozenDeeply((value as Members)[key], depth + 1)) return false;
  return true;
}

function copy(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth > maxDepth) throw new TypeError("an identity contains itself, or is nested too deeply");
  if (Array.isArray(value)) return Object.freeze(value.map((item) => copy(item, depth + 1)));
  if (!isPlain(value)) return isCloned(value) ? structuredClone(value) : value;
  const copied: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const member = copy((value as Members)[key], depth + 1);
    // A claim called `__proto__` is a member like any other, and sets no prototype.
    if (key === "__proto__") Object.defineProperty(copied, key, { value: member, enumerable: true });
    else copied[key] = member;
  }
  return Object.freeze(copied);
}

type Members = Readonly<Record<string, unknown>>;

function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isCloned(value: object): boolean {
  return value instanceof Date || value instanceof Map || value instanceof Set;
}
