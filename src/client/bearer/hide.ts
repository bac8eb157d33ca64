/**
 * Hides properties from JSON, from `inspect` and from a copy by `...`, so that code that logs the object logs no secret.
 *
 * @returns the same object
 */
export function hide<T extends object>(object: T, ...names: readonly (keyof T)[]): T {
  for (const name of names) Object.defineProperty(object, name, { enumerable: false });
  return object;
}
