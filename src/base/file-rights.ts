/**
 * Whether a file grants one of these rights.
 *
 * @param mode as `fs.Stats` has it
 * @param rights bits of a mode: `0o002` for writable by every user of the machine, `0o077` for anything to users other
 *   than the owner
 * @returns `false` on Windows in any case: it has no such bits, and Node reports every file as writable there.
 */
export function grants(mode: number | bigint, rights: number): boolean {
  return process.platform !== "win32" && (Number(mode) & rights) !== 0;
}

/** What decides who can read a file. */
export interface FileOwnership {
  readonly mode: number | bigint;
  readonly uid: number | bigint;
  readonly gid: number | bigint;
}

/**
 * Whether a file with a secret is private: no user but its owner can use it. One exception: a group of this process may
 * read a file of root's, as Kubernetes mounts secrets for a process that is not root (`0440` or `0640`, with `fsGroup`)
 * and as PostgreSQL takes them. Such a process cannot change the mode.
 */
export function isPrivate({ mode, uid, gid }: FileOwnership): boolean {
  if (!grants(mode, 0o077)) return true;
  if (grants(mode, 0o037) || Number(uid) !== 0) return false;
  return Number(gid) === process.getegid?.() || process.getgroups?.().includes(Number(gid)) === true;
}
