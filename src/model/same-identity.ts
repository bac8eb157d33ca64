import type { Identity } from "./identity.js";

/** Whether two identities are the same as JSON, but for the order of members and of roles, which means nothing. */
export function isSameIdentity(one: Identity, other: Identity): boolean {
  return JSON.stringify(one) === JSON.stringify(other) || toComparable(one) === toComparable(other);
}

/** Returns JSON text that is equal for identities that are the same. */
export function toComparable({ roles, ...others }: Identity): string {
  return JSON.stringify([others, roles && [...roles].sort()], inOrder);
}

function inOrder(_name: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}
