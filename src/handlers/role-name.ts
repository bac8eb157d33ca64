const shape = /^[\w.@/-]+$/;

/** Whether files and rules may give a role of this name: it rides in lists, in headers and in log lines. */
export function isRoleName(role: unknown): role is string {
  return typeof role === "string" && shape.test(role);
}
