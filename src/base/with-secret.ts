/**
 * Adds secrets to `object` as properties that are not enumerable: neither `inspect` nor JSON nor a copy by `...` shows
 * them, so that code that logs the object, or an object that holds it, logs no secret.
 *
 * @returns the same object
 */
export function withSecret<T extends object, S extends object>(object: T, secrets: S): T & S {
  for (const [name, value] of Object.entries(secrets)) Object.defineProperty(object, name, { value });
  return object as T & S;
}
