const shape = /^[\w.@/-]+$/;

/** Tells whether files and rules may give a role of this name: lists, header fields and log lines carry it unescaped. */
export function isRoleName(role: unknown): role is string {
  return typeof role === "string" && shape.test(role);
}
