/**
 * `object` with secrets that are read by their names alone: neither `inspect` nor JSON nor a copy by `...` shows them, so
 * that whoever logs it, or what it is in, logs no secret.
 */
export function withSecret<T extends object, S extends object>(object: T, secrets: S): T & S {
  for (const [name, value] of Object.entries(secrets)) Object.defineProperty(object, name, { value });
  return object as T & S;
}
