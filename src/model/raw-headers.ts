/*
 * Header fields as received: name, value, name, value … Not Node's merged object: that hides a second field of a name.
 * These functions are on the path of every request: none allocates, unless it returns a list.
 */

/**
 * Does a field have this name? Field names are compared without regard to case (RFC 9110 §5.1).
 *
 * @param lowerName in lower case
 */
export function isNamed(name: string, lowerName: string): boolean {
  // The length first: it rules out nearly every other name without comparing text.
  return name.length === lowerName.length && (name === lowerName || name.toLowerCase() === lowerName);
}

/**
 * Finds a field by its name.
 *
 * @param lowerName in lower case
 * @param from where to begin: the index of a name
 * @returns the index of its name, whose value is the next element; -1 when there is no such field
 */
export function indexOfField(rawHeaders: readonly string[], lowerName: string, from = 0): number {
  for (let index = from; index < rawHeaders.length; index += 2) {
    if (isNamed(rawHeaders[index] as string, lowerName)) return index;
  }
  return -1;
}

/** The first value of a field, or `undefined`. For wording an answer, never for deciding who calls: see `soleOf`. */
export function firstOf(rawHeaders: readonly string[], lowerName: string): string | undefined {
  const index = indexOfField(rawHeaders, lowerName);
  return index === -1 ? undefined : rawHeaders[index + 1];
}

/** What `soleOf` returns for a field that came more than once. */
export const several: unique symbol = Symbol("several");

/**
 * The value of a field that may come once only, or `undefined` when it did not come. `several` when it came more than
 * once, with equal values too: another server may have judged the request by another one of them.
 */
export function soleOf(rawHeaders: readonly string[], lowerName: string): string | undefined | typeof several {
  const index = indexOfField(rawHeaders, lowerName);
  if (index === -1) return undefined;
  return indexOfField(rawHeaders, lowerName, index + 2) === -1 ? rawHeaders[index + 1] : several;
}

const none: readonly string[] = Object.freeze([]);

/** Every value of a field, in order. */
export function valuesOf(rawHeaders: readonly string[], lowerName: string): readonly string[] {
  let values: string[] | undefined;
  let index = indexOfField(rawHeaders, lowerName);
  while (index !== -1) {
    values ??= [];
    values.push(rawHeaders[index + 1] as string);
    index = indexOfField(rawHeaders, lowerName, index + 2);
  }
  return values ?? none;
}
